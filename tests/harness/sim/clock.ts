import { Heap } from '../../../host/mesh/heap.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { Millis } from '../../../host/types/events.ts'

interface Timer {
  readonly at: Millis
  readonly order: number
  /** Null once nobody waits for it. */
  run: (() => void) | null
}

/** The same time as a machine shows whose clock was set wrong by so many milliseconds. */
export function skewed(clock: Clock, ms: Millis): Clock {
  return { now: () => clock.now() + ms, sleep: (span, signal) => clock.sleep(span, signal) }
}

/** Time that passes only when everything waits for it. */
export class VirtualClock implements Clock {
  #now: Millis
  #order = 0
  readonly #timers = new Heap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order))

  constructor(start: Millis) {
    this.#now = start
  }

  now(): Millis {
    return this.#now
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const cancel = () => {
        timer.run = null
        reject(signal.reason)
      }
      const run = () => {
        signal.removeEventListener('abort', cancel)
        resolve()
      }
      const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, run }
      signal.addEventListener('abort', cancel, { once: true })
      this.#timers.push(timer)
    })
  }

  /** Lets time pass until nothing waits, `until` is reached, or `done` says so. Returns whether anything is left to wait for. */
  async run(until: Millis, done: () => boolean): Promise<boolean> {
    for (;;) {
      await settle()
      const next = this.#next()
      if (!next || next.at > until || done()) return next !== undefined
      this.#timers.pop()
      this.#now = Math.max(this.#now, next.at)
      next.run?.()
    }
  }

  #next(): Timer | undefined {
    while (this.#timers.peek()?.run === null) this.#timers.pop()
    return this.#timers.peek()
  }
}

/** Resolves when every promise that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
