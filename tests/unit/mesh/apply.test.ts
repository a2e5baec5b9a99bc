import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apply } from '../../../host/mesh/apply.ts'
import { plan } from '../../../host/mesh/plan.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { emptyState, type MeshState } from '../../../host/mesh/state/state.ts'
import type { Message } from '../../../host/types/message.ts'
import { defaultWorkConfig } from '../../../host/work/context/config.ts'
import {
  anew,
  closeEvent,
  committed,
  grantEvent,
  now,
  peer,
  resultEvent,
  self,
  taskEvent,
} from './fixtures.ts'

const agents = [self, 'a', 'b', 'stranger']
const attempt = fc.integer({ min: 0, max: 4 })
const task = fc.constantFrom('task', 'foreign task', 'no task')
const salt = fc.constantFrom(new Uint8Array(32), null)

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('offer' as const), task, rank: fc.nat(3), lease_ms: fc.constant(10_000) }),
  fc.record({ type: fc.constant('claim' as const), task }),
  fc.record({
    type: fc.constant('refuse' as const),
    task,
    code: fc.constant('busy' as const),
    policy_hash: fc.constant(null),
    retry_after_ms: fc.constantFrom(null, 0, 1_000, 1e12),
  }),
  fc.record({ type: fc.constant('granted' as const), task, grant: fc.constantFrom('g1', 'g2'), attempt }),
  fc.record({
    type: fc.constant('progress' as const),
    task,
    attempt,
    tokens_in: fc.nat(9),
    tokens_out: fc.nat(9),
    ran: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('result' as const),
    task,
    attempt,
    result: fc.constantFrom('result 1', 'other'),
    salt,
    key: salt,
    claim: fc.constantFrom(null, 'claim 1'),
  }),
  fc.record({ type: fc.constant('who_runs' as const), task }),
  fc.record({ type: fc.constant('runs' as const), task, claim: fc.constantFrom(null, 'claim 1') }),
  fc.record({
    type: fc.constant('released' as const),
    task,
    attempt,
    reason: fc.constant('draining' as const),
  }),
  fc.record({ type: fc.constant('closed' as const), task, close: fc.constant('close') }),
  fc.record({
    type: fc.constant('open_tasks_are' as const),
    tasks: fc.array(task, { maxLength: 3 }),
    cursor: fc.nat(9),
  }),
)

const at = fc.integer({ min: now, max: now + 30_000 })
const input: fc.Arbitrary<MeshInput> = fc.oneof(
  fc.record({
    type: fc.constant('message_received' as const),
    from: fc.constantFrom(...agents),
    message,
    at,
  }),
  fc.constantFrom(
    committed(taskEvent()),
    committed(grantEvent(1, 'a')),
    committed(grantEvent(2, 'b')),
    committed(closeEvent('grant 1', 5)),
    committed(closeEvent('grant 2', 6)),
    { type: 'cancel_wanted', task: 'task' } as const,
    { type: 'draining', on: true } as const,
    { type: 'draining', on: false } as const,
    { type: 'settled', grant: 'g1', why: 'stale' } as const,
    { type: 'settled', grant: 'g1', why: 'closed' } as const,
    { type: 'held_journalled', grant: 'g1' } as const,
    { type: 'payload_arrived', grant: 'g1', payload: new Uint8Array(1), ...anew } as const,
    { type: 'task_fetched', event: { ...taskEvent({}, 'foreign task'), author: 'a' } } as const,
    { type: 'peers_seen', peers: agents.slice(0, 3).map((agent) => peer(agent)), at: now } as const,
  ),
  at.map((when) => ({
    type: 'results_found' as const,
    task: 'task',
    events: [resultEvent(1, 'a')],
    at: when,
  })),
  fc.record({
    type: fc.constant('checked' as const),
    task: fc.constant('task'),
    authority: attempt.map((n) => `grant ${n}`),
    verdict: fc.boolean().map((ok) => ({ ok, why: '', checks: ['digest' as const] })),
  }),
)
const story = fc.array(input, { maxLength: 40 })
const tell = (inputs: readonly MeshInput[], start: MeshState = emptyState(self, defaultWorkConfig)) =>
  inputs.reduce(apply, start)

describe('apply', () => {
  test('`apply` accepts any inputs in any order', () => {
    fc.assert(
      fc.property(story, at, (inputs, when) => {
        const state = tell(inputs)
        plan(state, when)
        expect(state.self).toBe(self)
      }),
    )
  })

  test('`apply` of a repeated input changes nothing', () => {
    fc.assert(
      fc.property(story, input, (inputs, last) => {
        const once = apply(tell(inputs), last)
        expect(apply(once, last)).toEqual(once)
      }),
    )
  })

  test('`apply` never changes the state that it was given', () => {
    fc.assert(
      fc.property(story, input, (inputs, last) => {
        const state = tell(inputs)
        const before = structuredClone(state)
        apply(state, last)
        expect(state).toEqual(before)
      }),
    )
  })
})

describe('plan', () => {
  const begin = (state: MeshState, when: number) =>
    plan(state, when).actions.reduce(
      (after, { owner, verb, tries }) => apply(after, { type: 'begun', owner, verb, tries, at: when }),
      state,
    )

  test('`plan` grants an attempt once, and only the next one', () => {
    fc.assert(
      fc.property(story, at, (inputs, when) => {
        const state = tell(inputs)
        const grants = (of: MeshState) =>
          plan(of, when).actions.flatMap((action) =>
            action.type === 'commit' && action.entry.type === 'Grant' ? [action.entry] : [],
          )
        for (const entry of grants(state)) {
          const posted = state.open.get(entry.task)
          expect(entry.attempt).toBe((posted?.grants.length ?? 0) + 1)
          expect(entry.prev).toBe(posted?.grants.at(-1)?.hash ?? entry.task)
        }
        expect(grants(state).length).toBeLessThanOrEqual(1)
        expect(grants(begin(state, when))).toEqual([])
      }),
    )
  })

  test('`plan` does nothing for a closed task', () => {
    fc.assert(
      fc.property(story, at, (inputs, when) => {
        const state = tell(inputs)
        if (!state.open.get('task')?.close) return
        expect(plan(state, when).actions.filter((action) => action.owner === 'task')).toEqual([])
      }),
    )
  })

  test('`plan` asks for nothing that is already running', () => {
    fc.assert(
      fc.property(story, at, (inputs, when) => {
        const going = begin(tell(inputs), when)
        for (const { owner, verb } of plan(going, when).actions) {
          expect(going.pace.get(owner)?.get(verb)?.running ?? false).toBe(false)
        }
      }),
    )
  })
})
