/** Provides the machine's clock and its randomness. */
import { randomBytes } from 'node:crypto'
import { uptime } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '../../limits.ts'
import type { AlarmClock, Random } from '../../types/clock.ts'

/** Milliseconds by which the uptime must outrun the process's own clock for the machine to have slept. */
const sleptMs = 5_000

/** Uptime of the machine when the process began, in milliseconds. */
const upBeforeMs = uptime() * 1_000 - performance.now()
let asleepMs = 0

/**
 * The machine's clock at the start of the process, advanced by the monotonic clock: a jump of the system clock ends no
 * lease. On Linux the monotonic clock stands still while the machine sleeps; its uptime does not.
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
