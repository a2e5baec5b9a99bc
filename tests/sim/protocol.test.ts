import { expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import { bugs } from '../harness/sim/bugs.ts'
import { calm } from '../harness/sim/faults.ts'
import { simulate } from '../harness/sim/simulate.ts'

const rules = await openRules()

/** Seeds of the suite, and seeds within which a defect must show. */
const counts = { seeds: 300, bugSeeds: 60 }

test(`no promise is broken in ${counts.seeds} simulations`, { timeout: 300_000 }, async () => {
  const endings: Record<string, number> = {}
  for (let seed = 1; seed <= counts.seeds; seed++) {
    const outcome = await simulate(seed, rules)
    expect(outcome.violations, `again with: npm run sim -- --seed ${seed}`).toEqual([])
    for (const [ending, count] of Object.entries(outcome.endings))
      endings[ending] = (endings[ending] ?? 0) + count
  }
  // Every ending is met, and most tasks are done in spite of everything.
  expect(Object.keys(endings).sort()).toEqual(['accepted', 'cancelled', 'expired', 'failed'])
  expect(endings.accepted ?? 0).toBeGreaterThan(counts.seeds)
})

test('where nothing goes wrong every task is accepted at its first attempt', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { endings, violations, history } = await simulate(seed, rules, { faults: calm })
    expect(violations).toEqual([])
    expect(Object.keys(endings)).toEqual(['accepted'])
    const grants = [...history.chains.values()].flat().filter(({ entry }) => entry.type === 'Grant')
    expect(grants.every(({ entry }) => entry.type === 'Grant' && entry.attempt === 1)).toBe(true)
  }
})

test('the same seed gives the same history', async () => {
  const [once, again] = [await simulate(7, rules), await simulate(7, rules)]
  expect(again.history.logs).toEqual(once.history.logs)
})

test.each(Object.entries(bugs))(
  'the checker finds a deliberate %s',
  { timeout: 60_000 },
  async (_name, bug) => {
    const found = new Set<string>()
    for (let seed = 1; seed <= counts.bugSeeds && !found.has(bug.rule); seed++) {
      const { violations } = await simulate(seed, bug.rules(rules), { core: bug.core })
      for (const { rule } of violations) found.add(rule)
    }
    expect([...found]).toContain(bug.rule)
  },
)
