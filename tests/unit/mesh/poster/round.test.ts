import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { elsewhereFrom } from '../../../../host/mesh/placement/candidates.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import { lossOf } from '../../../../host/mesh/poster/phases.ts'
import { reply } from '../../../../host/mesh/reply.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import type { Message } from '../../../../host/types/message.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import { defaultWorkConfig } from '../../../../host/work/context/config.ts'
import { committed, grantEvent, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const { offer_again_ms, offer_wait_ms } = defaultWorkConfig

function says(from: string, message: Message, at: number): MeshInput {
  return { type: 'message_received', from, message, at }
}

function stageOf(inputs: readonly MeshInput[], peers: readonly Peer[]) {
  const state = stateAfter(inputs, peers)
  const posted = state.open.get('task')
  if (!posted) throw new TypeError('the task was posted')
  return { state, posted }
}

describe('another peer for a task that its worker does not begin', () => {
  const end = now + limits.first_start_ms
  /** As long after that as all of this goes on. */
  const later = end + 30_000
  const there = [self, 'a', 'b'].map((agent) => ({ ...peer(agent), seenAt: later }))
  const lease_ms = 30_000
  const { entry, ...first } = grantEvent(1, 'a')
  const renewals = Array.from({ length: 16 }, (_, place) =>
    says(
      'a',
      { type: 'progress', task: 'task', attempt: 1, tokens_in: 0, tokens_out: 0, ran: false },
      // Some are older than `offer_again_ms` when the next one is asked.
      now + 7_000 + 10_000 * place,
    ),
  )
  const waits: MeshInput[] = [
    committed(taskEvent({ lease_ms, deadlines_ms: { queue: 60_000, run: 600_000, total: 660_000 } })),
    committed({ ...first, entry: { ...entry, lease_ms } }),
    { type: 'begun', owner: 'task', verb: 'look', tries: 1, at: end },
    { type: 'ended', owner: 'task', verb: 'look', tries: 1, ok: true },
  ]
  const asked = (at: number): MeshInput => ({ type: 'offered', task: 'task', to: 'b', at })
  const round = (at: number): MeshInput => ({ type: 'round_begun', task: 'task', at })
  const claim = (at: number) => says('b', { type: 'claim', task: 'task' }, at)
  const stageAt = (at: number, more: readonly MeshInput[]) => {
    const spoken = renewals.filter((one) => 'at' in one && one.at <= at)
    return stageOf([...waits, ...spoken, ...more], there)
  }
  const does = (at: number, ...more: MeshInput[]) =>
    plan(stageAt(at, more).state, at)
      .actions.filter(({ owner }) => owner === 'task')
      .map((one) => {
        if (one.type === 'offer') return `offer ${one.to}`
        return one.type === 'commit' && one.entry.type === 'Grant' ? `grant ${one.entry.worker}` : one.type
      })

  test('another peer is asked again after a lost offer and gets the task', () => {
    expect(does(end)).toEqual(['offer b'])
    expect(does(end + offer_wait_ms, asked(end))).toEqual(['round'])
    const again = end + offer_wait_ms
    const vain = [asked(end), round(again), asked(again)]
    // Its worker is not asked for what it has, also when its last renewal is some seconds old.
    expect(does(again + offer_wait_ms, ...vain)).toEqual([])
    const next = again + offer_again_ms
    expect(does(next, ...vain)).toEqual(['round'])
    expect(does(next, ...vain, round(next))).toEqual(['offer b'])
    expect(does(next, ...vain, round(next), asked(next), claim(next))).toEqual(['grant b'])
  })

  test.each(['chain_full', 'draining', 'task_unknown'] as const)(
    'another peer is asked again after it refused with %s',
    (code) => {
      const no = says(
        'b',
        { type: 'refuse', task: 'task', code, policy_hash: null, retry_after_ms: null },
        end,
      )
      expect(does(end + 1, round(end), asked(end), no)).toEqual([])
      expect(does(end + offer_again_ms, round(end), asked(end), no)).toEqual(['round'])
    },
  )

  test('another peer gets the task when its claim comes late', () => {
    for (const late of [offer_wait_ms + 1, 2 * offer_wait_ms - 1]) {
      const at = end + late
      const { state } = stageAt(at, [round(end), asked(end)])
      expect(reply(state, 'b', { type: 'claim', task: 'task' }, at)).toBeNull()
      expect(does(at, round(end), asked(end), claim(at))).toEqual(['grant b'])
    }
  })

  test('a worker that begins keeps the task, though another peer was asked', () => {
    const started = says('a', { type: 'started', task: 'task', attempt: 1 }, end + 1)
    const { state, posted } = stageAt(end + 1, [asked(end), started])
    expect(lossOf(state, posted, end + 1)).toBeNull()
  })
})

test('a peer that lost the task counts as an alternative only after its pause', () => {
  const inputs = [committed(taskEvent()), committed(grantEvent(1, 'b')), committed(grantEvent(2, 'a'))]
  const { state, posted } = stageOf(inputs, [peer('a'), peer('b')])
  expect(elsewhereFrom(state, posted, now)).toBe(now + limits.failed_worker_ms)
  const other = stageOf(inputs, [peer('a'), peer('b'), peer('c')])
  expect(elsewhereFrom(other.state, other.posted, now)).toBeLessThanOrEqual(now)
})
