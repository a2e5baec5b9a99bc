import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait for something that must come, in milliseconds. */
const UNTIL_MS = 90_000
/** Pause between two looks, in milliseconds. */
const LOOK_MS = 250

/** Waits until something is so. Rejects, naming it, when it has not become so within `ms` milliseconds. */
export async function until(what: string, isSo: () => Promise<boolean>, ms = UNTIL_MS): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new TypeError(`not within ${ms} ms: ${what}`)
    await sleep(LOOK_MS)
  }
}
