import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait for something that must come, in milliseconds. */
const UNTIL_MS = 90_000
/** Pause between two looks, in milliseconds. */
const LOOK_MS = 250

/** Waits until something is so. Rejects, naming it, when it has not become so in time. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + UNTIL_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new TypeError(`not within ${UNTIL_MS} ms: ${what}`)
    await sleep(LOOK_MS)
  }
}
