import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Random } from '../types/clock.ts'

/** Longest time that a timer of the platform waits, in milliseconds. */
const timerMaxMs = 2 ** 31 - 1

/**
 * The machine's clock as it stood when the process began, going on by the monotonic one: a jump of the system clock
 * ends no lease.
 */
export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, timerMaxMs), undefined, { signal })
  },
}

/** The system's randomness. */
export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
}
