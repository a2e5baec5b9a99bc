import type { Violation } from '../checker/history.ts'
import type { Faults } from './faults.ts'
import { bothMet, type Met, noneMet } from './met.ts'
import { type BatchOptions, runShares, type Seeds } from './shares.ts'

/** A seed whose history breaks a promise, or whose simulation itself failed. */
export interface Failure {
  readonly seed: number
  readonly faults: Faults | null
  readonly violations: readonly Violation[]
  /** The thrown error; null if the run came to its end. */
  readonly error: string | null
}

/** The sum over some seeds. */
export interface Tally {
  readonly seeds: number
  readonly hosts: number
  readonly tasks: number
  /** How long they were by their own clocks, in milliseconds. */
  readonly simulated_ms: number
  /** Tasks by how they ended. */
  readonly endings: Readonly<Record<string, number>>
  /** How often each fault was met. */
  readonly met: Met
  readonly failures: readonly Failure[]
}

/** Some seeds; `bug` puts one of the deliberate defects in. */
export interface Batch extends Seeds {
  readonly bug: string | null
}

/** Nothing yet. */
export const emptyTally: Tally = {
  seeds: 0,
  hosts: 0,
  tasks: 0,
  simulated_ms: 0,
  endings: {},
  met: noneMet,
  failures: [],
}

/** Runs seeds in several threads. */
export function runBatch(batch: Batch, options: BatchOptions<Tally>): Promise<Tally> {
  return runShares(
    batch,
    { thread: new URL('./thread.ts', import.meta.url), empty: emptyTally, added },
    options,
  )
}

/** Two tallies in one; failures by their seeds. */
export function added(a: Tally, b: Tally): Tally {
  const endings = { ...a.endings }
  for (const [ending, count] of Object.entries(b.endings)) endings[ending] = (endings[ending] ?? 0) + count
  return {
    seeds: a.seeds + b.seeds,
    hosts: a.hosts + b.hosts,
    tasks: a.tasks + b.tasks,
    simulated_ms: a.simulated_ms + b.simulated_ms,
    endings,
    met: bothMet(a.met, b.met),
    failures: [...a.failures, ...b.failures].sort((one, other) => one.seed - other.seed),
  }
}
