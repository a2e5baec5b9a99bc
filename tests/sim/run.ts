import { parseArgs } from 'node:util'
import { openRules } from '../../host/rules/rules.ts'
import { type Failure, runBatch, type Tally } from '../harness/sim/batch.ts'
import { bugs } from '../harness/sim/bugs.ts'
import { defaultJobs } from '../harness/sim/shares.ts'
import { simulate } from '../harness/sim/simulate.ts'
import { UsageError, withUsage } from '../harness/usage.ts'
import { runSeed, runSeeds } from './run-rendezvous.ts'

const help = `Runs the mesh in virtual time under seeded faults and holds each history to the protocol's promises.

  npm run sim -- [--seeds N] [--first N] [--jobs N] [--json]
  npm run sim -- --seed N [--json]
  npm run sim -- --rendezvous [--hosts N] [the same options]

  --seeds N   seeds to run (1000)
  --first N   the first of them (1)
  --seed N    one seed alone, with its whole history
  --jobs N    threads (${defaultJobs}, one a core)
  --bug NAME  with a deliberate defect: ${Object.keys(bugs).join(', ')}
  --rendezvous  the election of a bootstrap server instead of the task protocol
  --hosts N   machines of each mesh, with --rendezvous (5 to 20, by the seed)
  --json      what was found as one line of JSON
  --help      this

Progress goes to stderr. Ctrl-C ends it and prints what was found so far. The exit code is 1 where a promise was broken.`

const read = () =>
  parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: `${defaultJobs}` },
      bug: { type: 'string' },
      rendezvous: { type: 'boolean', default: false },
      hosts: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values
/** The parsed command line; set before anything runs. */
let values: ReturnType<typeof read>

/** How often progress is told, in milliseconds. */
const progressMs = 2_000

async function one(seed: number): Promise<number> {
  const rules = await openRules()
  const defect = values.bug === undefined ? undefined : bugs[values.bug]
  const outcome = await simulate(seed, defect?.rules(rules) ?? rules, defect ? { core: defect.core } : {})
  const { history, violations, faults, met, endings, hosts, simulated_ms } = outcome
  for (const line of history.logs) print(JSON.stringify(line))
  if (values.json) print(JSON.stringify({ seed, hosts, faults, met, endings, simulated_ms, violations }))
  else {
    print(`seed ${seed}: ${hosts} hosts, ${Math.round(simulated_ms / 1_000)} s, ${JSON.stringify(endings)}`)
    print(`  faults ${JSON.stringify(faults)}`)
    print(`  met ${JSON.stringify(met)}`)
    for (const violation of violations) print(`  broken: ${JSON.stringify(violation)}`)
  }
  return violations.length === 0 ? 0 : 1
}

async function many(first: number, count: number): Promise<number> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let tally: Tally | null = null
  let toldAt = 0
  const onProgress = (now: Tally) => {
    for (const failure of now.failures.slice(tally?.failures.length ?? 0)) tell(failure)
    tally = now
    if (performance.now() - toldAt < progressMs) return
    toldAt = performance.now()
    process.stderr.write(`${now.seeds} of ${count} seeds, ${now.failures.length} with a broken promise\n`)
  }
  const sum = await runBatch(
    { first, count, bug: values.bug ?? null },
    { jobs: whole('jobs'), signal: stop.signal, onProgress },
  )
  const cpu_ms = Math.round(process.cpuUsage().user / 1_000)
  const wall_ms = Math.round(performance.now())
  if (values.json) print(JSON.stringify({ first, ...sum, cpu_ms, wall_ms }))
  else summary(sum, cpu_ms, wall_ms)
  return sum.failures.length === 0 ? 0 : 1
}

/** Reports a broken promise at once: with `--json` on standard error, because standard output is one line then. */
function tell({ seed, faults, violations, error }: Failure): void {
  const out = values.json ? process.stderr : process.stdout
  out.write(`seed ${seed}: ${error ?? JSON.stringify(violations)}\n`)
  out.write(`  faults ${JSON.stringify(faults)}; again with: npm run sim -- --seed ${seed}\n`)
}

function summary(sum: Tally, cpuMs: number, wallMs: number): void {
  const hours = (sum.simulated_ms / 3_600_000).toFixed(1)
  print(`${sum.seeds} seeds, ${sum.failures.length} with a broken promise`)
  print(
    `  ${sum.hosts} hosts, ${sum.tasks} tasks in ${hours} simulated hours: ${JSON.stringify(sum.endings)}`,
  )
  print(`  faults met: ${JSON.stringify(sum.met)}`)
  const each = (cpuMs / Math.max(1, sum.seeds)).toFixed(1)
  print(`  ${each} ms of CPU each, ${(wallMs / 1_000).toFixed(0)} s in all`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<number> {
  if (values.help) {
    print(help)
    return 0
  }
  if (values.bug !== undefined && !bugs[values.bug]) throw new UsageError(`no bug is named ${values.bug}`)
  if (values.rendezvous) return rendezvous()
  return values.seed === undefined ? many(whole('first'), whole('seeds')) : one(whole('seed'))
}

function rendezvous(): Promise<number> {
  const hosts = values.hosts === undefined ? null : whole('hosts')
  if (values.seed !== undefined) return runSeed(whole('seed'), hosts)
  const { json } = values
  return runSeeds({ first: whole('first'), count: whole('seeds'), hosts, jobs: whole('jobs'), json })
}

/** A whole number of an option. */
function whole(name: 'first' | 'seeds' | 'seed' | 'jobs' | 'hosts'): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < 1)
    throw new UsageError(`--${name} takes a whole number from 1 on`)
  return number
}

process.exitCode = await withUsage(help, () => {
  values = read()
  return main()
})
