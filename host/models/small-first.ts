/** Runs asynchronous work one piece at a time, the smallest first. */
import { orAborted } from '../types/or-aborted.ts'

/** A piece of work that waits for its turn. */
interface Waiting {
  readonly size: number
  readonly begin: () => void
}

/** A queue that runs one piece of work at a time; the smallest waiting piece is next. */
export class SmallFirst {
  readonly #waiting = new Set<Waiting>()
  #busy = false

  /**
   * Returns the result of the work. Rejects with the signal's reason if the signal is aborted before the work's turn; the
   * work then never begins.
   */
  async take<T>(size: number, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = Promise.withResolvers<void>()
    const own = { size, begin: turn.resolve }
    this.#waiting.add(own)
    this.#next()
    try {
      await orAborted(turn.promise, signal)
      return await work()
    } finally {
      const began = !this.#waiting.delete(own)
      if (began) this.#busy = false
      this.#next()
    }
  }

  #next(): void {
    const [next] = [...this.#waiting].sort((one, other) => one.size - other.size)
    if (this.#busy || next === undefined) return
    this.#busy = true
    this.#waiting.delete(next)
    next.begin()
  }
}
