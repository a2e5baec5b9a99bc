/** A counting semaphore that serves its callers in the order in which they came. */

interface Waiting {
  readonly count: number
  begin(): void
}

/** Gives out a fixed number of permits. Nobody passes a caller that waits, so one that needs many gets them too. */
export class Semaphore {
  readonly #permits: number
  readonly #waiting: Waiting[] = []
  #taken = 0

  constructor(permits: number) {
    this.#permits = permits
  }

  /** How many permits each waiting caller needs, in order. */
  get waiting(): readonly number[] {
    return this.#waiting.map(({ count }) => count)
  }

  /** Whether a caller would get so many permits at once. */
  isFree(count: number): boolean {
    return this.#waiting.length === 0 && this.#taken + count <= this.#permits
  }

  /** Takes permits, all or none, once those before have theirs. Rejects with the signal's reason if that comes first. */
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
      // A caller that has just got its permits waits no more: it gives them back.
      if (at === -1) return
      this.#waiting.splice(at, 1)
      reject(signal.reason)
      this.release(0)
    }
    this.#waiting.push(waiting)
    signal.addEventListener('abort', leave, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /** Gives permits back, and lets in those who wait first as far as they fit. */
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
