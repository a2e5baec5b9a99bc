import { setTimeout as sleep } from 'node:timers/promises'

/** How often an install is tried, and the pause between two tries in milliseconds. */
const TRIES = 3
const PAUSE_MS = 200

/**
 * The errors that the next try does not meet: on a busy disk an install finds the conductor's database locked, and
 * another process may take the port that tryorama drew before the conductor listens there.
 */
const passing = /database is locked|AddrInUse/

/** Installs, and tries again after what passes. */
export async function whileLocked<T>(install: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await install()
    } catch (error) {
      if (tries === TRIES || !passing.test(String(error))) throw error
      await sleep(PAUSE_MS)
    }
  }
}
