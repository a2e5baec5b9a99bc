import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { candidates } from '../../../../host/mesh/placement/candidates.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { Message } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import { committed, grantEvent, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const later = now + 2 * limits.offer_again_ms

const refuses = (from: string, changes: Partial<Extract<Message, { type: 'refuse' }>> = {}): MeshInput => ({
  type: 'message_received',
  from,
  message: {
    ...{ type: 'refuse', task: 'task', code: 'policy_refuses' },
    ...{ policy_hash: 'a'.repeat(64), retry_after_ms: null, ...changes },
  },
  at: now,
})

/** Lists the candidates for the task after these messages, best first; the poster can run it as well. */
function able(at: number, ...said: MeshInput[]): string[] {
  return ableAfter(at, [peer(self), peer('a'), peer('b')], committed(taskEvent()), ...said)
}

/** The same of these peers, by all that has happened. */
function ableAfter(at: number, peers: readonly Peer[], ...inputs: MeshInput[]): string[] {
  const state = stateAfter(inputs, peers)
  const posted = state.open.get('task')
  if (!posted) throw new RangeError('the task is not there')
  return candidates(state, posted, at).map(({ agent }) => agent)
}

test("the poster is no candidate while another machine's policy lets it run the task", () => {
  expect(able(later)).toEqual(['a', 'b'])
  expect(able(later, refuses('a'))).toEqual(['a', 'b'])
})

test('the poster is the last candidate once every other policy has refused', () => {
  expect(able(later, refuses('a'), refuses('b'))).toEqual(['a', 'b', self])
  expect(able(now, refuses('a'), refuses('b'))).toEqual(['a', 'b'])
})

test('a short refusal, or one for another reason than a policy, does not count', () => {
  expect(able(later, refuses('a'), refuses('b', { retry_after_ms: 1_000 }))).toEqual(['a', 'b'])
  expect(able(later, refuses('a'), refuses('b', { code: 'busy' }))).toEqual(['a', 'b'])
  const claims: MeshInput = {
    type: 'message_received',
    from: 'b',
    message: { type: 'claim', task: 'task' },
    at: now + 1,
  }
  expect(able(later, refuses('a'), refuses('b'), claims)).toEqual(['a', 'b'])
})

/** The task after these workers have lost it one after the other, each by silence. */
const lostBy = (...workers: string[]): MeshInput[] =>
  workers.map((worker, place) => committed(grantEvent(place + 1, worker)))

test('a peer that lost a task twice in a row is skipped while others can run it', () => {
  const five = committed(taskEvent({ max_attempts: 5 }))
  const ableOf = (...workers: string[]) =>
    ableAfter(later, [peer('a'), peer('b')], five, ...lostBy(...workers))
  expect(ableOf('a')).toEqual(['b', 'a'])
  expect(ableOf('a', 'a')).toEqual(['b'])
  expect(ableOf('a', 'b', 'a')).toContain('a')
})

test('a poster that can run a task keeps its last attempt if every peer lost it', () => {
  const alone = [peer(self), peer('a')]
  expect(ableAfter(later, alone, committed(taskEvent()), ...lostBy('a'))).toEqual(['a'])
  expect(ableAfter(later, alone, committed(taskEvent()), ...lostBy('a', 'a'))).toEqual([self])
  expect(ableAfter(later, alone, committed(taskEvent({ max_attempts: 2 })), ...lostBy('a'))).toEqual([self])
})

test('a peer that lost a task twice is asked again if nobody else can run it', () => {
  expect(ableAfter(later, [peer('a')], committed(taskEvent()), ...lostBy('a', 'a'))).toEqual(['a'])
})

test('a poster becomes a candidate once a peer has left two offers unanswered', () => {
  const unheard = (at: number): MeshInput[] => [
    { type: 'offered', task: 'task', to: 'a', at },
    { type: 'round_begun', task: 'task', at: at + limits.offer_again_ms },
  ]
  const alone = [peer(self), peer('a')]
  const once = [committed(taskEvent()), ...unheard(now)]
  const twice = [...once, ...unheard(now + limits.offer_again_ms)]
  expect(ableAfter(later, alone, ...once)).toEqual(['a'])
  expect(ableAfter(later, alone, ...twice)).toEqual(['a', self])
  expect(ableAfter(later, alone, ...twice, refuses('a', { code: 'busy', retry_after_ms: 1_000 }))).toEqual([
    'a',
  ])
})
