import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { plan } from '../../../host/mesh/plan.ts'
import type { RunRecord } from '../../../host/mesh/state/held.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { now, peer, self, stateAfter, taskEvent } from './fixtures.ts'

const foreign = { ...taskEvent(), author: 'other' }
const { lease_ms } = foreign.entry
const usage = { tokens_in: 0, tokens_out: 0, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }
const parameters = { max_tokens: 1, temperature_milli: 0, top_p_milli: 0, top_k: 0, context_tokens: 1 }
const run = { failed: null, salt: new Uint8Array(32), key: null, usage, parameters } as unknown as RunRecord

const granted: MeshInput[] = [
  {
    type: 'message_received',
    from: 'other',
    message: { type: 'granted', task: 'task', grant: 'g', attempt: 1 },
    at: now,
  },
  { type: 'task_fetched', event: foreign },
  {
    type: 'grant_fetched',
    event: {
      hash: 'g',
      author: 'other',
      seq: 2,
      at: now,
      entry: {
        type: 'Grant',
        dna_hash: 'dna',
        task: 'task',
        prev: 'task',
        attempt: 1,
        worker: self,
        lease_ms,
        reason: 'none',
        prefix_digest: null,
      },
    },
  },
  { type: 'held_journalled', grant: 'g' },
]

/** Whether the lease is renewed at a time, by a machine that hears its poster. */
function renews(inputs: readonly MeshInput[], at: number): boolean {
  const state = stateAfter(inputs, [peer(self), { ...peer('other'), seenAt: at }])
  return plan(state, at).actions.some(({ verb }) => verb === 'renew')
}

test('a lease is renewed while the task waits its turn', () => {
  expect(renews(granted, now + 5 * lease_ms)).toBe(true)
})

test('the start of a run renews the lease until there is more to say', () => {
  const said = (...inputs: MeshInput[]) => {
    const peers = [peer(self), peer('other')]
    const { actions } = plan(stateAfter([...granted, ...inputs], peers), now)
    const renewal = actions.find(({ verb }) => verb === 'renew')
    return renewal?.type === 'send' ? renewal.message : null
  }
  const got = (tokens_in: number, tokens_out: number): MeshInput => ({
    type: 'run_progressed',
    grant: 'g',
    tokens_in,
    tokens_out,
  })
  expect(said()).toMatchObject({ type: 'progress', tokens_in: 0 })
  expect(said(got(0, 0))).toEqual({ type: 'started', task: 'task', attempt: 1 })
  expect(said(got(0, 0), got(128, 0))).toMatchObject({ type: 'progress', tokens_in: 128 })
  expect(said(got(0, 0), got(0, 1))).toMatchObject({ type: 'progress', tokens_out: 1 })
  expect(said(got(0, 0), { type: 'run_finished', grant: 'g', run, at: now })).toMatchObject({ ran: true })
})

const ranAt = now + lease_ms
const ran: MeshInput[] = [...granted, { type: 'run_finished', grant: 'g', run, at: ranAt }]
const patient = ranAt + limits.attest_patience_ms

test('a machine that has run but cannot write its result stops renewing after a while', () => {
  expect(renews(ran, patient - 1)).toBe(true)
  expect(renews(ran, patient)).toBe(false)
})

test('an offer of a task that ran here is answered once its lease is let go', () => {
  const offered = (at: number): MeshInput => {
    const message = { type: 'offer', task: 'task', rank: 0, lease_ms } as const
    return { type: 'message_received', from: 'other', message, at }
  }
  const asked = (at: number) => stateAfter([...ran, offered(at)], [peer(self), peer('other')]).asked.size
  expect([asked(patient - 1), asked(patient)]).toEqual([0, 1])
})
