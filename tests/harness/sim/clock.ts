import type { Clock } from '../../../host/types/clock.ts'
import type { Millis } from '../../../host/types/events.ts'

interface Timer {
  readonly at: Millis
  readonly order: number
  run(): void
}

/** The same time as a machine shows whose clock was set wrong by so many milliseconds. */
export function skewed(clock: Clock, ms: Millis): Clock {
  return { now: () => clock.now() + ms, sleep: (span, signal) => clock.sleep(span, signal) }
}

/** Time that passes only when everything waits for it. */
export class VirtualClock implements Clock {
  #now: Millis
  #order = 0
  readonly #timers: Timer[] = []

  constructor(start: Millis) {
    this.#now = start
  }

  now(): Millis {
    return this.#now
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, run: resolve }
      const cancel = () => {
        this.#remove(timer)
        reject(signal.reason)
      }
      signal.addEventListener('abort', cancel, { once: true })
      this.#insert(timer)
    })
  }

  /** Lets time pass until nothing waits, `until` is reached, or `done` says so. Returns whether anything is left to wait for. */
  async run(until: Millis, done: () => boolean): Promise<boolean> {
    for (;;) {
      await settle()
      const next = this.#timers[0]
      if (!next || next.at > until || done()) return next !== undefined
      this.#timers.shift()
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
  }

  #insert(timer: Timer): void {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#timers[middle]
      if (other && (other.at < timer.at || (other.at === timer.at && other.order < timer.order)))
        low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
  }

  #remove(timer: Timer): void {
    const at = this.#timers.indexOf(timer)
    if (at >= 0) this.#timers.splice(at, 1)
  }
}

/** Resolves when every promise that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
