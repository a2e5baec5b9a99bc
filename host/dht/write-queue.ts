import { setTimeout as wait } from 'node:timers/promises'
import { limits } from '../limits.ts'
import type { Clock } from '../types/clock.ts'
import { untilPassable } from './overtake.ts'

const sleep: Clock['sleep'] = (ms, signal) => wait(ms, undefined, { signal })

/**
 * Runs tasks of one key one after the other, in the order in which they came; keys don't wait for each other. One that takes
 * longer than `limits.write_patience_ms` is not waited for: a write that names what others wrote may wait for a peer that has
 * died. The two are at the same chain then, and the engine lets only the first to end write; the other is called again.
 */
export class WriteQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Resolves or rejects as the task does. One that is aborted while it waits is never run. */
  run<T>(key: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const mine = before.then(() => {
      signal.throwIfAborted()
      return task()
    })
    const tail = before.then(() => untilPassable(mine, limits.write_patience_ms, sleep))
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    return mine
  }
}
