/** Limits the number of running asks, and queues the others. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Answer } from '../types/answer.ts'
import { Semaphore } from '../types/semaphore.ts'

/** Taken places, each for one ask at a time. */
export interface TakenPlaces extends Disposable {
  /** Begins an ask in one of them, which it occupies until it ends. Rejects with `RIPPLE_BUSY` if all are occupied. */
  begin(ask: () => Promise<Answer>): Promise<Answer>
  /** Releases the free places at once, and each occupied one when its ask ends. */
  [Symbol.dispose](): void
}

/** Weight of the last ask in the moving mean of the times that asks take. */
const LAST_WEIGHT = 0.2

/** The places of a daemon. An ask gets all its places at once, in the order of the asks, so no ask holds only some of them. */
export class AskPlaces {
  readonly #now: () => number
  readonly #free = new Semaphore(limits.asks_max)
  /** Moving mean of the time that an ask occupies its place, in milliseconds; a guess until the first has ended. */
  #heldMs: number = limits.busy_retry_after_s * 1_000

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * Takes `count` places, all or none, once they are free. Rejects with `RIPPLE_BUSY` if too many asks wait, and with the
   * signal's reason.
   */
  async take(count: number, signal: AbortSignal): Promise<TakenPlaces> {
    signal.throwIfAborted()
    const tooMany = !this.#free.isFree(count) && this.#waited() + count > limits.asks_waiting_max
    if (count > limits.asks_max || tooMany) throw this.#busy()
    await this.#free.take(count, signal)
    return this.#give(count)
  }

  /** Counts the places that asks wait for. */
  #waited(): number {
    return this.#free.waiting.reduce((sum, count) => sum + count, 0)
  }

  #give(count: number): TakenPlaces {
    let free = count
    let isOpen = true
    const leave = (): void => {
      if (isOpen) free += 1
      else this.#free.release(1)
    }
    return {
      begin: async (ask) => {
        if (!isOpen || free === 0) throw this.#busy()
        free -= 1
        const from = this.#now()
        try {
          const answer = await ask()
          void answer.end
            .then(() => this.#took(this.#now() - from))
            .catch(() => undefined)
            .finally(leave)
          return answer
        } catch (thrown) {
          leave()
          throw thrown
        }
      },
      [Symbol.dispose]: () => {
        if (!isOpen) return
        isOpen = false
        this.#free.release(free)
      },
    }
  }

  #took(ms: number): void {
    this.#heldMs += LAST_WEIGHT * (ms - this.#heldMs)
  }

  /** Makes the error, with an estimate of when all waiting asks will have begun. */
  #busy(): RippleError {
    const ms = (this.#heldMs * (this.#waited() + 1)) / limits.asks_max
    const retry_after_s = Math.min(Math.max(1, Math.ceil(ms / 1_000)), limits.ask_retry_after_s_max)
    const what = 'the number of asks in hand and waiting'
    const max = limits.asks_max + limits.asks_waiting_max
    return new RippleError('RIPPLE_BUSY', { what, max, retry_after_s })
  }
}
