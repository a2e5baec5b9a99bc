/** Bounds the number of concurrent runs of the engine. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { Semaphore } from '../types/semaphore.ts'

/** Assigns the engine's slots in the order of the callers. A run that must be alone takes all slots. */
export class Turns {
  readonly #slots: number
  readonly #waiting_max: number
  readonly #free: Semaphore

  constructor(slots: number, waiting_max: number) {
    this.#slots = slots
    this.#waiting_max = waiting_max
    this.#free = new Semaphore(slots)
  }

  /**
   * Waits for a turn and returns the function that ends it. Rejects with `RIPPLE_BUSY` where too many runs wait already, and
   * with the signal's reason.
   */
  async take(alone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    const count = alone ? this.#slots : 1
    const max = this.#waiting_max
    if (!this.#free.isFree(count) && this.#free.waiting.length >= max)
      throw new RippleError('RIPPLE_BUSY', {
        what: 'the number of runs that wait for the engine',
        max,
        retry_after_s: limits.busy_retry_after_s,
      })
    await this.#free.take(count, signal)
    let ended = false
    return () => {
      if (!ended) this.#free.release(count)
      ended = true
    }
  }
}
