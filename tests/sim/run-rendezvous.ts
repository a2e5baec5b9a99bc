import { simulateRendezvous } from '../harness/sim/rendezvous/simulate.ts'
import { hostsOf, type RendezvousTally, rendezvousWork } from '../harness/sim/rendezvous/tally.ts'
import { runShares } from '../harness/sim/shares.ts'

/** The seeds to run, and how. */
export interface RendezvousRun {
  readonly first: number
  readonly count: number
  /** Machines of each mesh; null for 5 to 20. */
  readonly hosts: number | null
  readonly jobs: number
  readonly json: boolean
}

/** How often progress is told, in milliseconds. */
const progressMs = 2_000

/** Runs one seed of the rendezvous; returns the exit code. */
export async function runSeed(seed: number, hosts: number | null): Promise<number> {
  const outcome = await simulateRendezvous(seed, { hosts: hostsOf(seed, hosts) })
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
  return outcome.violations.length === 0 ? 0 : 1
}

/** Runs many seeds of the rendezvous; returns the exit code. */
export async function runSeeds({ first, count, hosts, jobs, json }: RendezvousRun): Promise<number> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let toldAt = 0
  let told = 0
  const onProgress = ({ seeds, failures }: RendezvousTally) => {
    if (failures.length > told) process.stderr.write(`${JSON.stringify(failures)}\n`)
    told = failures.length
    if (performance.now() - toldAt < progressMs) return
    toldAt = performance.now()
    process.stderr.write(`${seeds} of ${count} seeds, ${failures.length} with a broken promise\n`)
  }
  const sum = await runShares({ first, count, hosts }, rendezvousWork, {
    jobs,
    signal: stop.signal,
    onProgress,
  })
  const { failures, healed_ms, taken_over_ms, ...totals } = sum
  const figures = {
    ...totals,
    healed_ms: spread(healed_ms),
    taken_over_ms: Object.fromEntries(
      Object.entries(taken_over_ms).map(([kind, all]) => [kind, spread(all)]),
    ),
    cpu_ms: Math.round(process.cpuUsage().user / 1_000),
    wall_ms: Math.round(performance.now()),
    failures,
  }
  process.stdout.write(`${json ? JSON.stringify(figures) : JSON.stringify(figures, null, 1)}\n`)
  return failures.length === 0 ? 0 : 1
}

/** Returns the median, the 99th percentile and the greatest of some values. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  return `median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`
}
