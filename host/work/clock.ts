import { randomBytes } from 'node:crypto'
import { uptime } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '../limits.ts'
import type { AlarmClock, Random } from '../types/clock.ts'

/** How much longer than the process's own clock the machine must have been up to have slept, in milliseconds. */
const sleptMs = 5_000

/** When the machine had begun, by its uptime, as the process began. */
const upBeforeMs = uptime() * 1_000 - performance.now()
let asleepMs = 0

/**
 * The machine's clock as it stood when the process began, going on by the monotonic one: a jump of the system clock
 * ends no lease. On Linux that one stands still while the machine sleeps; its uptime does not.
 */
export const systemClock: AlarmClock = {
  now: () => {
    const awakeMs = performance.now()
    const gapMs = uptime() * 1_000 - upBeforeMs - awakeMs - asleepMs
    if (gapMs > sleptMs) asleepMs += gapMs
    return Math.floor(performance.timeOrigin + awakeMs + asleepMs)
  },
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, limits.timer_ms_max), undefined, { signal })
  },
  after: (ms, ring) => {
    const timer = setTimeout(ring, Math.min(ms, limits.timer_ms_max))
    return () => clearTimeout(timer)
  },
}

/** The system's randomness. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
}
