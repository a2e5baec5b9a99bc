/** Keeps runs that share a context in step. */

/**
 * The common steps of runs that share a context. Before a step, each run waits until all have reached it, so that one batch
 * carries all of them. Otherwise they fall out of step, and each batch carries one.
 */
export class Steps {
  #members = 0
  #waiting: (() => void)[] = []

  /** Number of other runs that take part, from the view of one run. */
  get others(): number {
    return Math.max(0, this.#members - 1)
  }

  /** Takes part until it is disposed. */
  join(): Disposable {
    this.#members += 1
    return {
      [Symbol.dispose]: () => {
        this.#members -= 1
        this.#release()
      },
    }
  }

  /** Waits until every run that takes part has reached its next step. */
  next(): Promise<void> {
    if (this.#members === 1) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    this.#release()
    return promise
  }

  #release(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#members) return
    const waiting = this.#waiting
    this.#waiting = []
    // The binding's loop over batches must have ended. Otherwise it would begin the next batch with the first run that returns.
    setImmediate(() => {
      for (const go of waiting) go()
    })
  }
}
