import { Heap } from '../../../host/planning/heap.ts'
import type { AlarmClock } from '../../../host/types/clock.ts'
import type { Millis } from '../../../host/types/events.ts'

interface Timer {
  readonly at: Millis
  readonly order: number
  /** Null once nobody waits for it. */
  run: (() => void) | null
}

/** Turns of Node's queue that are asked for at once: to go round its event loop costs more than most timers do. */
const turnsAhead = 64

/** The same time as a machine shows whose clock was set wrong by so many milliseconds. */
export function skewed(clock: AlarmClock, ms: Millis): AlarmClock {
  return {
    now: () => clock.now() + ms,
    sleep: (span, signal) => clock.sleep(span, signal),
    after: (span, ring) => clock.after(span, ring),
  }
}

/** Time that passes only when everything waits for it. */
export class VirtualClock implements AlarmClock {
  #now: Millis
  #order = 0
  #turns = 0
  #settled: (() => void) | null = null
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
        off()
        reject(signal.reason)
      }
      const off = this.after(ms, () => {
        signal.removeEventListener('abort', cancel)
        resolve()
      })
      signal.addEventListener('abort', cancel, { once: true })
    })
  }

  after(ms: number, ring: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, run: ring }
    this.#timers.push(timer)
    return () => {
      timer.run = null
    }
  }

  /** Lets time pass until nothing waits, `until` is reached, or `done` says so. Returns whether anything is left to wait for. */
  async run(until: Millis, done: () => boolean): Promise<boolean> {
    for (;;) {
      await this.#settle()
      const next = this.#next()
      if (!next || next.at > until || done()) return next !== undefined
      this.#timers.pop()
      this.#now = Math.max(this.#now, next.at)
      next.run?.()
    }
  }

  /** Resolves when every promise that can go on has gone on, which Node sees to between any two turns. */
  #settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve
      if (this.#turns > 0) return
      this.#turns = turnsAhead
      for (let i = 0; i < turnsAhead; i++) setImmediate(this.#turn)
    })
  }

  readonly #turn = (): void => {
    this.#turns -= 1
    this.#settled?.()
    this.#settled = null
  }

  #next(): Timer | undefined {
    while (this.#timers.peek()?.run === null) this.#timers.pop()
    return this.#timers.peek()
  }
}
