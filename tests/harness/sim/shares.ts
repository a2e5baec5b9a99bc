import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Seeds from `first` on. */
export interface Seeds {
  readonly first: number
  readonly count: number
}

/** How seeds are run. */
export interface BatchOptions<T> {
  /** Threads at a time. */
  readonly jobs: number
  /** Ends it early; what was found so far is the result. */
  readonly signal: AbortSignal
  /** Called with what was found so far. */
  onProgress(tally: T): void
}

/** What a thread does with its seeds, and how the findings of two shares become one. */
export interface Work<T> {
  readonly thread: URL
  readonly empty: T
  added(a: T, b: T): T
}

/** Seeds that a thread takes at a time. */
const share = 5

/** Threads that this machine runs well. */
export const defaultJobs = availableParallelism()

/** Runs seeds in several threads. Which thread runs a seed changes nothing for it. */
export async function runShares<B extends Seeds, T>(
  batch: B,
  work: Work<T>,
  options: BatchOptions<T>,
): Promise<T> {
  let next = batch.first
  let sum = work.empty
  const end = batch.first + batch.count
  const take = (): B | null => {
    if (next >= end || options.signal.aborted) return null
    const part = { ...batch, first: next, count: Math.min(share, end - next) }
    next += part.count
    return part
  }
  const threads = Array.from({ length: options.jobs }, async () => {
    // Node itself reads these files: what a loader adds to every function costs a tenth of a simulation.
    const worker = new Worker(work.thread, { execArgv: [] })
    const stop = () => void worker.terminate()
    options.signal.addEventListener('abort', stop, { once: true })
    try {
      for (let part = take(); part; part = take()) {
        const found = await answerOf<T>(worker, part, options.signal)
        if (found === null) break
        sum = work.added(sum, found)
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

/** Waits for the thread's findings; null if it was ended. */
function answerOf<T>(worker: Worker, part: Seeds, signal: AbortSignal): Promise<T | null> {
  const { promise, resolve, reject } = Promise.withResolvers<T | null>()
  const ended = () => (signal.aborted ? resolve(null) : reject(new RangeError('a thread ended')))
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
