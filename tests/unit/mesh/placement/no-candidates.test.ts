import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { candidates } from '../../../../host/mesh/placement/candidates.ts'
import { exhaustedAt } from '../../../../host/mesh/placement/no-candidates.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Task } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { committed, grantEvent, now, peer, resultEvent, self, stateAfter, taskEvent } from '../fixtures.ts'

const awayMs = limits.presence_every_ms * limits.presence_missed_max
const never = Number.POSITIVE_INFINITY

/** The attempt of a worker, whose output failed its check. */
function rejected(attempt: number, worker: string): MeshInput[] {
  const verdict = { ok: false, why: 'the output is not what was streamed', checks: [] }
  const authority = `grant ${attempt}`
  return [
    committed(grantEvent(attempt, worker)),
    { type: 'results_found', task: 'task', events: [resultEvent(attempt, worker)], at: now },
    { type: 'checked', task: 'task', authority, verdict },
  ]
}

function stateOf(task: Partial<Task>, inputs: readonly MeshInput[], peers: readonly Peer[]): MeshState {
  return stateAfter([committed(taskEvent(task)), ...inputs], peers)
}

function leftFrom(state: MeshState): number {
  const posted = state.open.get('task')
  if (!posted) throw new RangeError('the task is not there')
  return exhaustedAt(state, posted)
}

/** The state of a poster that gives nothing to itself. */
function forOthers(state: MeshState): MeshState {
  return { ...state, config: { ...state.config, self: 'never' } }
}

test("a candidate is left until every present machine's output was rejected", () => {
  const peers = [peer('a'), peer('b')]
  expect(leftFrom(stateOf({}, [], peers))).toBe(never)
  expect(leftFrom(stateOf({}, [], []))).toBe(never)
  expect(leftFrom(stateOf({ priority: 'background' }, rejected(1, 'a'), peers))).toBe(never)
  expect(leftFrom(stateOf({}, [...rejected(1, 'a'), ...rejected(2, 'b')], peers))).toBe(now)
})

test('this machine counts as a candidate if it works for itself', () => {
  const state = stateOf({}, rejected(1, 'a'), [peer(self), peer('a')])
  expect(leftFrom(state)).toBe(never)
  expect(leftFrom(forOthers(state))).toBe(now)
  const all = stateOf({}, [...rejected(1, 'a'), ...rejected(2, self)], [peer(self), peer('a')])
  expect(leftFrom(all)).toBe(now)
})

test('a peer that cannot or may not run the task does not count as a candidate', () => {
  const poor = peer('b')
  const inference = { ...poor.card.capabilities.inference, models: [] }
  const lacking = { ...poor, card: { ...poor.card, capabilities: { ...poor.card.capabilities, inference } } }
  expect(leftFrom(stateOf({}, rejected(1, 'a'), [peer('a'), lacking]))).toBe(now)
  const only: MeshInput = { type: 'only_wanted', id: taskEvent().entry.id, agent: 'a' }
  expect(leftFrom(stateOf({}, [only, ...rejected(1, 'a')], [peer(self), peer('a'), peer('b')]))).toBe(now)
})

test('an absent peer is waited for if nobody waits for the answer', () => {
  const away = { ...peer('b'), seenAt: now - awayMs - 1 }
  const seen = { ...peer('b'), seenAt: now - 1_000 }
  const unheard = { ...peer('b'), seenAt: null }
  const from = (b: Peer, priority: Task['priority']) =>
    leftFrom(stateOf({ priority }, rejected(1, 'a'), [peer('a'), b]))
  expect(from(away, 'background')).toBe(never)
  expect(from(away, 'interactive')).toBe(now)
  expect(from(seen, 'interactive')).toBe(now - 1_000 + awayMs + 1)
  expect(from(unheard, 'interactive')).toBe(now + awayMs)
})

test('a returning poster waits until it would have heard its peers', () => {
  const later = now + 1
  const back: MeshInput = { type: 'resumed', at: later }
  expect(leftFrom(stateOf({}, [...rejected(1, 'a'), back], [peer('a')]))).toBe(later + awayMs)
  const fallback = { after_ms: 1, allow: { type: 'any' }, payload: null } as unknown as Task['fallback']
  expect(leftFrom(stateOf({ fallback }, rejected(1, 'a'), [peer('a')]))).toBe(never)
})

test('a task fails once no candidate is left, and not before', () => {
  const closes = (state: MeshState) =>
    plan(state, now).actions.flatMap((action) =>
      action.type === 'commit' && action.entry.type === 'Close' ? [action.entry.outcome] : [],
    )
  const peers = [peer('a'), peer('b')]
  expect(closes(stateOf({}, rejected(1, 'a'), peers))).toEqual([])
  expect(closes(stateOf({}, [...rejected(1, 'a'), ...rejected(2, 'b')], peers))).toEqual(['failed'])
  // A grant that stands is waited for, whoever else was rejected.
  const stands = [...rejected(1, 'a'), committed(grantEvent(2, 'a'))]
  expect(closes(stateOf({}, stands, [peer('a')]))).toEqual([])
  const away = stateOf({}, rejected(1, 'a'), [peer('a'), { ...peer('b'), seenAt: now - 1_000 }])
  expect([closes(away), plan(away, now).wake]).toEqual([[], expect.any(Number)])
  expect(plan(away, now).wake ?? never).toBeLessThanOrEqual(now + awayMs)
})

test('the only machine that may run a task is waited for until it counts as away', () => {
  const only: MeshInput = { type: 'only_wanted', id: taskEvent().entry.id, agent: 'a' }
  const seen = { ...peer('a'), seenAt: now - 1_000 }
  const from = (peers: readonly Peer[], inputs: readonly MeshInput[] = []) =>
    leftFrom(stateOf({}, [only, ...inputs], [peer(self), peer('b'), ...peers]))
  expect(from([seen])).toBe(now - 1_000 + awayMs + 1)
  expect(from([{ ...seen, seenAt: now - awayMs - 1 }])).toBe(now)
  // It may be one that this machine has yet to hear of.
  expect(from([])).toBe(now + awayMs)
  const itself: MeshInput = { ...only, agent: self }
  expect(leftFrom(stateOf({}, [itself], [peer(self)]))).toBe(never)
})

test('an excluded machine is no candidate, and nobody is waited for if only such machines are present', () => {
  const except: MeshInput = { type: 'except_wanted', id: taskEvent().entry.id, agents: ['a'] }
  const state = stateOf({}, [except], [peer('a'), peer('b')])
  const posted = state.open.get('task')
  expect(posted && candidates(state, posted, now).map(({ agent }) => agent)).toEqual(['b'])
  expect(leftFrom(state)).toBeGreaterThan(now)
  expect(leftFrom(stateOf({}, [except], [peer('a')]))).toBe(now + awayMs)
  expect(leftFrom(stateOf({}, [except, ...rejected(1, 'b')], [peer('a'), peer('b')]))).toBe(now)
})
