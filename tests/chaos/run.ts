import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { UsageError, withUsage } from '../harness/usage.ts'
import { type ChaosOptions, chaos } from './chaos.ts'
import { faults } from './faults.ts'
import { longestLease } from './load.ts'
import { type ChaosOutcome, outcomeOf, retryTakes } from './outcome.ts'
import { readRecord } from './record.ts'
import { judge, needed, summary } from './summary.ts'

const help = `Runs tasks over real peers while daemons, conductors and engines are killed, frozen and cut off.

  npm run chaos -- [--tasks N] [--kills N] [--seed N] [--peers N] [--lease MS] [--open N] [--epoch MINUTES]
                   [--quiet SECONDS] [--minutes N] [--without FAULTS] [--sure FAULTS]
                   [--logs FOLDER] [--json]
  npm run chaos -- --judge FOLDER [--json]

  --tasks N    tasks that clients post in all (60)
  --kills N    kill -9 of daemons, conductors and engines in all (half of the tasks)
  --seed N     draws what goes wrong, when and to whom; printed, so that it can be run again (random)
  --peers N    peers, each a daemon with its conductor and its engine (3)
  --lease MS   lease of every task, in milliseconds (4000)
  --open N     tasks that are open at each peer at a time (2)
  --epoch N    length of an epoch, in minutes (10)
  --quiet S    seconds in which all must have ended after the last fault (as long as it takes to judge that, 192 with these leases)
  --minutes N  begins no more tasks and faults after this time, whatever their counts (600)
  --without F  faults that are left out, by name: ${faults.map(({ name }) => name).join(', ')} (none)
  --sure F     faults of which each happens at least once, where the machine can make it (none)
  --logs F     folder for the peers' logs and the record of the run, all that it is judged by (none)
  --judge F    judges the record in a folder of --logs again, by the checker of today, and runs nothing
  --json       prints one document in the end, and nothing else on standard output

Ctrl-C begins no more tasks and faults, lets all end and judges what there was; a second one ends everything at once.
Partitions and full disks need Linux, root and iproute2; where these are missing, it says so and goes on without.
The exit code is 0 when nothing was lost, nothing accepted twice, nothing refused that should not be, as many tasks and
kills were made as asked for (a run that --minutes or Ctrl-C ends has made fewer), and every bound was kept. A bound is judged from
${needed.failovers} failovers on that met no other trouble. Fewer leave it open, which is said; from ${needed.kills} kills on, fewer are a fault of the run.
`

const text = { type: 'string' } as const
const read = () =>
  parseArgs({
    options: {
      tasks: text,
      kills: text,
      seed: text,
      peers: text,
      lease: text,
      open: text,
      epoch: text,
      quiet: text,
      minutes: text,
      without: text,
      sure: text,
      logs: text,
      judge: text,
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values
/** The parsed command line; set before anything runs. */
let values: ReturnType<typeof read>

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  if (values.judge !== undefined) return tell(outcomeOf(await readRecord(values.judge)))
  const [enough, ending] = [new AbortController(), new AbortController()]
  process.on('SIGINT', () => (enough.signal.aborted ? ending : enough).abort('SIGINT'))
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort(name))
  try {
    return tell(await chaos(optionsOf(enough.signal, ending.signal)))
  } catch (thrown) {
    if (!ending.signal.aborted) throw thrown
    process.stderr.write('stopped; nothing of it runs any more\n')
    return 130
  }
}

/** Prints what a run gave, and gives its exit code. */
function tell(outcome: ChaosOutcome): number {
  const verdict = judge(outcome)
  const said = values.json ? JSON.stringify({ ...outcome, verdict }, null, 2) : summary(outcome)
  process.stdout.write(`${said}\n`)
  return verdict.broken.length === 0 ? 0 : 1
}

function optionsOf(enough: AbortSignal, signal: AbortSignal): ChaosOptions {
  const tasks = whole('tasks', 60)
  const lease_ms = whole('lease', 4_000)
  return {
    tasks,
    kills: whole('kills', Math.ceil(tasks / 2)),
    seed: whole('seed', randomInt(1, 1_000_000)),
    peers: whole('peers', 3),
    lease_ms,
    open: whole('open', 2),
    epoch_ms: whole('epoch', 10) * 60_000,
    quiet_ms: whole('quiet', Math.ceil(retryTakes(longestLease(lease_ms)) / 1_000)) * 1_000,
    most_ms: whole('minutes', 600) * 60_000,
    without: named('without'),
    sure: named('sure'),
    logs: values.logs ?? null,
    lengths: {
      frozen: [5_000, 20_000],
      partition: [5_000, 30_000],
      diskFull: [3_000, 10_000],
      drained: [5_000, 20_000],
      pause: [200, 1_000],
    },
    say: (line) => void (values.json ? process.stderr : process.stdout).write(`${time()} ${line}\n`),
    enough,
    signal,
  }
}

/** Faults that an option names. */
function named(option: 'without' | 'sure'): Set<string> {
  const names = (values[option] ?? '').split(',').map((name) => name.trim())
  const known = new Set(['', ...faults.map(({ name }) => name)])
  for (const name of names)
    if (!known.has(name)) throw new UsageError(`--${option} takes faults by name, not '${name}'`)
  return new Set(names.filter((name) => name !== ''))
}

function whole(
  name: 'tasks' | 'kills' | 'seed' | 'peers' | 'lease' | 'open' | 'epoch' | 'quiet' | 'minutes',
  otherwise: number,
): number {
  const given = values[name]
  if (given === undefined) return otherwise
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`--${name} takes a whole number, not '${given}'`)
  return Number(given)
}

function time(): string {
  return new Date().toISOString().slice(11, 19)
}

process.exitCode = await withUsage(help, () => {
  values = read()
  return main()
})
