import { expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import { bugs } from '../harness/sim/bugs.ts'
import { simulate } from '../harness/sim/simulate.ts'

const rules = await openRules()

/** Seeds within which a defect must show. */
const seedsMax = 2_000

test.for(Object.entries(bugs))(
  'the checker finds a deliberate %s',
  { timeout: 300_000 },
  async ([, bug], { annotate }) => {
    let seed = 0
    const found = async () => {
      const { violations } = await simulate(seed, bug.rules(rules), { core: bug.core })
      return violations.some(({ rule }) => rule === bug.rule)
    }
    do seed += 1
    while (seed <= seedsMax && !(await found()))
    expect(seed).toBeLessThanOrEqual(seedsMax)
    await annotate(`${bug.rule}: found after ${seed} seeds`)
  },
)
