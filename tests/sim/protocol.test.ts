import { expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import { defaultJobs, runBatch } from '../harness/sim/batch.ts'
import { calm } from '../harness/sim/faults.ts'
import { simulate } from '../harness/sim/simulate.ts'

/** Seeds of the suite. */
const seeds = 2_000

test(`no promise is broken in ${seeds} simulations`, { timeout: 900_000 }, async () => {
  const { signal } = new AbortController()
  const options = { jobs: defaultJobs, signal, onProgress: () => undefined }
  const { failures, endings, ...sum } = await runBatch({ first: 1, count: seeds, bug: null }, options)
  expect(failures, 'again with: npm run sim -- --seed N').toEqual([])
  expect(sum.seeds).toBe(seeds)
  // Every ending is met, and most tasks are done in spite of everything.
  expect(Object.keys(endings).sort()).toEqual(['accepted', 'cancelled', 'expired', 'failed'])
  expect(endings.accepted ?? 0).toBeGreaterThan(seeds)
})

test('where nothing goes wrong every task is accepted at its first attempt', async () => {
  const rules = await openRules()
  for (let seed = 1; seed <= 20; seed++) {
    const { endings, violations, history } = await simulate(seed, rules, { faults: calm })
    expect(violations).toEqual([])
    expect(Object.keys(endings)).toEqual(['accepted'])
    const grants = [...history.chains.values()].flat().filter(({ entry }) => entry.type === 'Grant')
    expect(grants.every(({ entry }) => entry.type === 'Grant' && entry.attempt === 1)).toBe(true)
  }
})

test('the same seed gives the same history', async () => {
  const rules = await openRules()
  const [once, again] = [await simulate(7, rules), await simulate(7, rules)]
  expect(again.history.logs).toEqual(once.history.logs)
})
