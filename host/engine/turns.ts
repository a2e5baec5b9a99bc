import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

interface Waiting {
  readonly alone: boolean
  /** Takes the place. */
  begin(): void
}

/**
 * Who may run now: so many at a time, in the order in which they came. One that is to be alone begins when all others have ended,
 * and nobody passes it meanwhile.
 */
export class Turns {
  readonly #slots: number
  readonly #waiting_max: number
  readonly #waiting: Waiting[] = []
  #running = 0
  #alone = false

  constructor(slots: number, waiting_max: number) {
    this.#slots = slots
    this.#waiting_max = waiting_max
  }

  /**
   * Waits for a turn and gives what ends it. Rejects with `RIPPLE_BUSY` where too many wait already, and with the signal's reason.
   */
  async take(alone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#waiting.length === 0 && this.#fits(alone)) return this.#begin(alone)
    const max = this.#waiting_max
    if (this.#waiting.length >= max)
      throw new RippleError('RIPPLE_BUSY', {
        what: 'the number of runs that wait for the engine',
        max,
        retry_after_s: limits.busy_retry_after_s,
      })
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const waiting: Waiting = { alone, begin: () => resolve(this.#begin(alone)) }
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiting)
      // Whoever has just been given a turn waits no more: it gives the turn back.
      if (at === -1) return
      this.#waiting.splice(at, 1)
      reject(signal.reason)
      this.#next()
    }
    this.#waiting.push(waiting)
    signal.addEventListener('abort', leave, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  #fits(alone: boolean): boolean {
    return !this.#alone && this.#running < (alone ? 1 : this.#slots)
  }

  #begin(alone: boolean): () => void {
    this.#running += 1
    this.#alone = alone
    let ended = false
    return () => {
      if (ended) return
      ended = true
      this.#running -= 1
      this.#alone = false
      this.#next()
    }
  }

  #next(): void {
    let first = this.#waiting[0]
    while (first !== undefined && this.#fits(first.alone)) {
      this.#waiting.shift()
      first.begin()
      first = this.#waiting[0]
    }
  }
}
