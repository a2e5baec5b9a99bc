import { expect, test } from 'vitest'
import type { EpochRules } from '../../host/config/epoch.ts'
import { openRules } from '../../host/rules/rules.ts'
import { simulate } from '../harness/sim/simulate.ts'

const rules = await openRules()
const seeds = 100
/** Short enough that tasks are posted, granted, run and closed on both sides of a roll. */
const epochs: EpochRules = { length_ms: 5_000, kept: 1_000, max_action_seq: 5_000, archive_days: null }

test(`no promise is broken in ${seeds} simulations whose epochs roll`, { timeout: 300_000 }, async () => {
  const lengths: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, history } = await simulate(seed, rules, { epochs })
    expect(violations, `of seed ${seed}`).toEqual([])
    const events = [...history.chains.values()].flat()
    lengths.push(new Set(events.map(({ entry }) => entry.dna_hash)).size)
  }
  expect(lengths.filter((length) => length > 1).length).toBeGreaterThan(seeds / 4)
})
