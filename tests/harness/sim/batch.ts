import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Violation } from '../checker/history.ts'
import type { Faults } from './faults.ts'
import { bothMet, type Met, noneMet } from './met.ts'

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

/** Seeds from `first` on; `bug` puts one of the deliberate defects in. */
export interface Batch {
  readonly first: number
  readonly count: number
  readonly bug: string | null
}

/** How a batch is run. */
export interface BatchOptions {
  /** Threads at a time. */
  readonly jobs: number
  /** Ends it early; what was found so far is the result. */
  readonly signal: AbortSignal
  /** Called with what was found so far. */
  onProgress(tally: Tally): void
}

/** Seeds that a thread takes at a time. */
const share = 5

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

/** Threads that this machine runs well. */
export const defaultJobs = availableParallelism()

/** Runs seeds in several threads. Which thread runs a seed changes nothing for it. */
export async function runBatch(batch: Batch, options: BatchOptions): Promise<Tally> {
  let next = batch.first
  let sum = emptyTally
  const end = batch.first + batch.count
  const take = (): Batch | null => {
    if (next >= end || options.signal.aborted) return null
    const part = { ...batch, first: next, count: Math.min(share, end - next) }
    next += part.count
    return part
  }
  const threads = Array.from({ length: options.jobs }, async () => {
    // Node itself reads these files: what a loader adds to every function costs a tenth of a simulation.
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { execArgv: [] })
    const stop = () => void worker.terminate()
    options.signal.addEventListener('abort', stop, { once: true })
    try {
      for (let part = take(); part; part = take()) {
        const found = await answerOf(worker, part, options.signal)
        sum = added(sum, found)
        options.onProgress(sum)
      }
    } finally {
      options.signal.removeEventListener('abort', stop)
      await worker.terminate()
    }
  })
  await Promise.all(threads)
  return sum
}

/** Waits for the thread's findings; nothing if it was ended. */
function answerOf(worker: Worker, part: Batch, signal: AbortSignal): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>()
  const ended = () => (signal.aborted ? resolve(emptyTally) : reject(new RangeError('a thread ended')))
  worker.on('message', resolve)
  worker.on('error', reject)
  worker.on('exit', ended)
  worker.postMessage(part)
  return promise.finally(() => {
    worker.off('message', resolve)
    worker.off('error', reject)
    worker.off('exit', ended)
  })
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
