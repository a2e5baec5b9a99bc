import { parseArgs } from 'node:util'
import { openRules } from '../../host/rules/rules.ts'
import { simulate } from '../harness/sim/simulate.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string' }, seed: { type: 'string' } },
})

/** Runs seeds one after the other, from `--seed` on; of a single one the whole history is printed. Names each that breaks a promise; the exit code says whether any did. */
async function main(): Promise<number> {
  const rules = await openRules()
  const first = Number(values.seed ?? 1)
  const count = Number(values.seeds ?? (values.seed === undefined ? 1_000 : 1))
  let broken = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, rules)
    if (count === 1) for (const line of outcome.history.logs) print(JSON.stringify(line))
    if (outcome.violations.length === 0) continue
    broken += 1
    print(`seed ${seed}: ${JSON.stringify(outcome.violations)}`)
    print(`  faults ${JSON.stringify(outcome.faults)}; again with: npm run sim -- --seed ${seed}`)
  }
  const ms = process.cpuUsage().user / 1_000 / count
  print(`${count} seeds, ${broken} with a broken promise, ${ms.toFixed(1)} ms of CPU each`)
  return broken === 0 ? 0 : 1
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await main()
