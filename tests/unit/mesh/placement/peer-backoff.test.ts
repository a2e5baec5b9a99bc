import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { apply } from '../../../../host/mesh/apply.ts'
import { askableAt } from '../../../../host/mesh/placement/peer-backoff.ts'
import { plan } from '../../../../host/mesh/plan.ts'
import type { Posted } from '../../../../host/mesh/state/posted.ts'
import type { MeshState } from '../../../../host/mesh/state/state.ts'
import type { Message } from '../../../../host/types/message.ts'
import { committed, now, peer, self, stateAfter, taskEvent } from '../fixtures.ts'

const tasks = Array.from({ length: 20 }, (_, i) => `task ${i}`)
const backlog = () =>
  stateAfter(
    tasks.map((hash, i) =>
      committed(taskEvent({ id: `key ${i}`, priority: i % 2 === 0 ? 'interactive' : 'background' }, hash)),
    ),
    [peer(self), peer('worker')],
  )
const hear = (state: MeshState, message: Message, at: number) =>
  apply(state, { type: 'message_received', from: 'worker', message, at })
const busy = (task: string, retry_after_ms: number | null): Message => ({
  type: 'refuse',
  task,
  code: 'busy',
  policy_hash: null,
  retry_after_ms,
})
const momentsOf = (state: MeshState, list: Iterable<Posted> = state.open.values()) =>
  [...list].map((posted) => askableAt(state, posted, 'worker'))

test('a busy peer is left alone until its retry time, and then asked gradually', () => {
  const wait = 3_000
  const state = hear(backlog(), busy('task 0', wait), now)
  const offers = (at: number) => plan(state, at).actions.filter((action) => action.type === 'offer')
  expect(offers(now + wait - 1)).toEqual([])
  expect(plan(state, now).wake).toBeLessThanOrEqual(now + wait + limits.rest_spread_ms.min)
  const first = Math.min(...momentsOf(state))
  expect(offers(first).length).toBeLessThan(4)
  const of = (priority: string) =>
    momentsOf(
      state,
      [...state.open.values()].filter(({ task }) => task.entry.priority === priority),
    )
  expect(Math.max(...of('interactive'))).toBeLessThan(Math.min(...of('background')))
})

test('the peer that refused is asked again as soon as it has rested', () => {
  const alone = stateAfter([committed(taskEvent())], [peer(self), peer('worker')])
  const asked = apply(alone, { type: 'offered', task: 'task', to: 'worker', at: now })
  const state = hear(asked, busy('task', 1_000), now)
  const round = (at: number) => plan(state, at).actions.find(({ owner }) => owner === 'task')?.type
  expect(round(now + 999)).toBeUndefined()
  expect(round(now + 1_000 + limits.rest_spread_ms.min)).toBe('round')
})

test("a peer's answers never hasten another task, nor delay one beyond the bounds", () => {
  const word = fc.record({
    task: fc.constantFrom(...tasks),
    claims: fc.boolean(),
    retry: fc.constantFrom(null, 0, 500, 1_000, 30_000, 1e12),
    after: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5_000 })),
  })
  fc.assert(
    fc.property(fc.array(word, { minLength: 40, maxLength: 80 }), (words) => {
      let state = backlog()
      let at = now
      for (const { task, claims, retry, after } of words) {
        at += after
        const before = momentsOf(state)
        state = hear(state, claims ? { type: 'claim', task } : busy(task, retry), at)
        for (const [i, moment] of momentsOf(state).entries()) {
          expect(moment).toBeGreaterThanOrEqual(before[i] ?? 0)
          expect(moment).toBeLessThanOrEqual(at + limits.rest_ms_max + 2 * limits.rest_spread_ms.max)
        }
      }
    }),
    { numRuns: 20, endOnFailure: true },
  )
})
