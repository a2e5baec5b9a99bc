import { orAborted } from '../types/or-aborted.ts'

/** A thing that waits for its turn. */
interface Waiting {
  readonly size: number
  readonly begin: () => void
}

/** Does one thing at a time; of those that wait the smallest comes next. */
export class SmallFirst {
  readonly #waiting = new Set<Waiting>()
  #busy = false

  /** What the work comes to. It is never begun where the signal is aborted before its turn: rejects with its reason. */
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
