import { expect, test } from 'vitest'
import { isGrant, isTask } from '../../host/mesh/state/chain.ts'
import { openRules } from '../../host/rules/rules.ts'
import { runBatch } from '../harness/sim/batch.ts'
import { calm } from '../harness/sim/faults.ts'
import { noneMet } from '../harness/sim/met.ts'
import { defaultJobs } from '../harness/sim/shares.ts'
import { type Outcome, simulate } from '../harness/sim/simulate.ts'

/** Seeds of the suite. */
const seeds = 1_000

test(`no promise is broken in ${seeds} simulations`, { timeout: 900_000 }, async () => {
  const { signal } = new AbortController()
  const options = { jobs: defaultJobs, signal, onProgress: () => undefined }
  const { failures, endings, met, ...sum } = await runBatch({ first: 1, count: seeds, bug: null }, options)
  expect(failures, 'again with: npm run sim -- --seed N').toEqual([])
  expect(sum.seeds).toBe(seeds)
  // Every ending is met, and most tasks are done in spite of everything.
  expect(Object.keys(endings).sort()).toEqual(['accepted', 'cancelled', 'expired', 'failed'])
  expect(endings.accepted ?? 0).toBeGreaterThan(seeds)
  // Every fault that may happen did happen: a fault that no longer reaches anybody would leave no trace.
  for (const [fault, times] of Object.entries(met)) expect(times, fault).toBeGreaterThan(seeds / 50)
})

test('every task without faults is granted once, run once and accepted', async () => {
  const rules = await openRules()
  for (let seed = 1; seed <= 20; seed++) expectCalm(await simulate(seed, rules, { faults: calm }))
})

test('every task in a rush is granted once, run once and accepted, despite refusals', async () => {
  const rules = await openRules()
  let busy = 0
  for (let seed = 1; seed <= 5; seed++) {
    const scene = { hosts: 3, clients: 40, rush: true }
    const outcome = await simulate(seed, rules, { faults: calm, scene })
    expectCalm(outcome)
    busy += outcome.history.logs.filter((line) => line.type === 'refused' && line.code === 'busy').length
  }
  // A rush it was, though not under every seed.
  expect(busy).toBeGreaterThan(10)
})

function expectCalm({ violations, history, endings, met }: Outcome): void {
  expect(violations).toEqual([])
  expect(met).toEqual(noneMet)
  expect(history.disturbances).toEqual([])
  expect(Object.keys(endings)).toEqual(['accepted'])
  const events = [...history.chains.values()].flat()
  const grants = events.filter(isGrant).map(({ hash }) => hash)
  expect(grants).toHaveLength(events.filter(isTask).length)
  const runs = history.logs.flatMap((line) => (line.type === 'run_started' ? [line.grant] : []))
  expect(runs.sort()).toEqual(grants.sort())
}

test('the same seed gives the same history', async () => {
  const rules = await openRules()
  const [once, again] = [await simulate(7, rules), await simulate(7, rules)]
  expect(again.history.logs).toEqual(once.history.logs)
})
