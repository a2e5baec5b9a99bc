import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Answer } from '../types/answer.ts'

/** Places that somebody has taken, each for one ask at a time. */
export interface TakenPlaces extends Disposable {
  /** Begins an ask in one of them, which has it until it ends. Rejects with `RIPPLE_BUSY` where each has one. */
  begin(ask: () => Promise<Answer>): Promise<Answer>
  /** Gives them back: those with an ask that has yet to end, with its end. */
  [Symbol.dispose](): void
}

/** The places of a daemon for asks in hand: they are given whole, so that nobody has half of what is needed. */
export class AskPlaces {
  #taken = 0

  /** Takes so many places, all or none. Throws `RIPPLE_BUSY`. */
  take(count: number): TakenPlaces {
    if (this.#taken + count > limits.asks_max) throw busy()
    this.#taken += count
    let free = count
    let isOpen = true
    const leave = (): void => {
      if (isOpen) free += 1
      else this.#taken -= 1
    }
    return {
      begin: async (ask) => {
        if (!isOpen || free === 0) throw busy()
        free -= 1
        try {
          const answer = await ask()
          void answer.end.catch(() => undefined).finally(leave)
          return answer
        } catch (thrown) {
          leave()
          throw thrown
        }
      },
      [Symbol.dispose]: () => {
        if (isOpen) this.#taken -= free
        isOpen = false
      },
    }
  }
}

function busy(): RippleError {
  const { asks_max: max, busy_retry_after_s: retry_after_s } = limits
  return new RippleError('RIPPLE_BUSY', { what: 'the number of asks in hand', max, retry_after_s })
}
