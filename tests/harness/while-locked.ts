import { setTimeout as sleep } from 'node:timers/promises'

/** How often an install is tried, and the pause between two tries in milliseconds. */
const TRIES = 3
const PAUSE_MS = 200

/** On a busy disk an install finds the conductor's database locked; the next try does not. */
export async function whileLocked<T>(install: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await install()
    } catch (error) {
      if (tries === TRIES || !String(error).includes('database is locked')) throw error
      await sleep(PAUSE_MS)
    }
  }
}
