/** Warns a person whose machine has joined a network by a URL and meets nobody there. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Inputs of the warning. */
export interface AloneNeeds {
  /** The URL that was joined, with its session. */
  readonly url: string
  /** Whether another machine is online. */
  othersAreThere(): Promise<boolean>
  readonly say: (line: string) => void
}

/** Milliseconds to look for others before the warning. */
const ALONE_MS = 8_000
/** Milliseconds between looks for another machine. */
const LOOK_MS = 500

/** Warns unless another machine is seen in time. Resolves after the warning, when a machine is seen, or when the signal aborts. */
export async function warnIfAlone(
  { url, othersAreThere, say }: AloneNeeds,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + ALONE_MS
  while (!signal.aborted) {
    if (await othersAreThere().catch(() => false)) return
    if (performance.now() > deadline) {
      say(`warning: no other machine has been seen at ${url} yet`)
      say(
        "hint: if other machines are up, compare this URL with theirs, the part after '#' included; 'ripple up --bootstrap URL' joins another network",
      )
      return
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}
