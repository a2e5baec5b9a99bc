/** Defines the ports of time and chance. */
import type { Millis } from './events.ts'

/** The daemon's clock. It never goes back, and ignores jumps of the system clock while it runs. */
export interface Clock {
  /** Returns the milliseconds since 1970. */
  now(): Millis
  /** Resolves after `ms` milliseconds. Rejects with the signal's reason if it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A clock that also calls back. Most waits end in time, and an alarm is cheap to cancel then. */
export interface AlarmClock extends Clock {
  /** Calls back after `ms` milliseconds, unless the function that it returns is called first. */
  after(ms: number, ring: () => void): () => void
}

/** Source of salts, keys and jitter. */
export interface Random {
  /** Returns `length` random bytes. */
  bytes(length: number): Uint8Array
}
