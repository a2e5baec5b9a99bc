/** Serves callers in order of arrival, up to a fixed number at a time. */

interface Waiting {
  readonly count: number
  begin(): void
}

/** A counting semaphore. No caller overtakes a waiting one, so a caller that needs many permits gets them too. */
export class Semaphore {
  readonly #permits: number
  readonly #waiting: Waiting[] = []
  #taken = 0

  constructor(permits: number) {
    this.#permits = permits
  }

  /** The number of permits that each waiting caller needs, in order. */
  get waiting(): readonly number[] {
    return this.#waiting.map(({ count }) => count)
  }

  /** Whether a caller would get `count` permits without a wait. */
  isFree(count: number): boolean {
    return this.#waiting.length === 0 && this.#taken + count <= this.#permits
  }

  /** Takes permits, all or none, after all earlier callers. Rejects with the signal's reason if that comes first. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.isFree(count)) {
      this.#taken += count
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { count, begin: resolve }
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiting)
      // The caller has its permits already and releases them itself.
      if (at === -1) return
      this.#waiting.splice(at, 1)
      reject(signal.reason)
      this.release(0)
    }
    this.#waiting.push(waiting)
    signal.addEventListener('abort', leave, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /** Releases permits and serves the first waiting callers as far as the permits suffice. */
  release(count: number): void {
    this.#taken -= count
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      if (this.#taken + first.count > this.#permits) return
      this.#waiting.shift()
      this.#taken += first.count
      first.begin()
    }
  }
}
