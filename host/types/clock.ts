import type { Millis } from './events.ts'

/** Time as a daemon sees it. One that never goes back and does not follow jumps of the system clock while it runs. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): Millis
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A clock that also calls back: most of what is to end in time does, and then an alarm is cheap to take off. */
export interface AlarmClock extends Clock {
  /** Calls back after so many milliseconds, unless the function that it returns is called first. */
  after(ms: number, ring: () => void): () => void
}

/** Source of salts, keys and jitter. */
export interface Random {
  /** So many random bytes. */
  bytes(length: number): Uint8Array
}
