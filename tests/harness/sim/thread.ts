import { parentPort } from 'node:worker_threads'
import { openRules } from '../../../host/rules/rules.ts'
import { added, type Batch, emptyTally, type Tally } from './batch.ts'
import { bugs } from './bugs.ts'
import { type Outcome, simulate } from './simulate.ts'

// Every error of a simulation is expected: where it came from is read nowhere, and costs more than the rest of it.
Error.stackTraceLimit = 0

const rules = await openRules()

parentPort?.on('message', async ({ first, count, bug }: Batch) => {
  let sum = emptyTally
  for (let seed = first; seed < first + count; seed++) sum = added(sum, await tallyOf(seed, bug))
  parentPort?.postMessage(sum)
})

async function tallyOf(seed: number, bug: string | null): Promise<Tally> {
  const defect = bug === null ? undefined : bugs[bug]
  try {
    const outcome = await simulate(seed, defect?.rules(rules) ?? rules, defect ? { core: defect.core } : {})
    return tallied(outcome)
  } catch (thrown) {
    return {
      ...emptyTally,
      seeds: 1,
      failures: [{ seed, faults: null, violations: [], error: String(thrown) }],
    }
  }
}

function tallied({ seed, hosts, faults, met, violations, endings, simulated_ms }: Outcome): Tally {
  const tasks = Object.values(endings).reduce((sum, count) => sum + count, 0)
  const failures = violations.length > 0 ? [{ seed, faults, violations, error: null }] : []
  return { seeds: 1, hosts, tasks, simulated_ms, endings, met, failures }
}
