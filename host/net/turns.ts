/** Lets a bounded number of callers in for one key at a time; the others wait in order. */
export class Turns {
  readonly #max: number
  readonly #busy = new Map<string, number>()
  readonly #waiting = new Map<string, Array<() => void>>()

  constructor(max: number) {
    this.#max = max
  }

  /** Runs the work when it is its turn. Rejects with the signal's reason if that comes first. */
  async run<T>(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(key, signal)
    try {
      return await work()
    } finally {
      this.#leave(key)
    }
  }

  async #enter(key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const busy = this.#busy.get(key) ?? 0
    if (busy < this.#max) {
      this.#busy.set(key, busy + 1)
      return
    }
    const queue = this.#waiting.get(key) ?? []
    this.#waiting.set(key, queue)
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        queue.splice(queue.indexOf(enter), 1)
        reject(signal.reason)
      }
      queue.push(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The place goes to the next in the queue, or is given up. */
  #leave(key: string): void {
    const next = this.#waiting.get(key)?.shift()
    if (next !== undefined) {
      next()
      return
    }
    this.#waiting.delete(key)
    const busy = (this.#busy.get(key) ?? 1) - 1
    if (busy === 0) this.#busy.delete(key)
    else this.#busy.set(key, busy)
  }
}
