/**
 * Runs that share a context take their steps together: each waits before a step until all have come to theirs, so that one batch
 * carries all of them. Left to themselves they fall out of step, and each batch carries one.
 */
export class Steps {
  #members = 0
  #waiting: (() => void)[] = []

  /** How many runs beside one take part. */
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

  /** Waits until every run that takes part has come to its next step. */
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
    // The binding's loop over batches must have ended, or it would begin the next batch with the first that is back.
    setImmediate(() => {
      for (const go of waiting) go()
    })
  }
}
