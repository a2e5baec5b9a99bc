/** Runs tasks of one key one after the other, in the order in which they came; keys don't wait for each other. */
export class WriteQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Resolves or rejects as the task does. One that is aborted while it waits is never run. */
  run<T>(key: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const mine = before.then(() => {
      signal.throwIfAborted()
      return task()
    })
    const tail = mine.catch(() => {})
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    return mine
  }
}
