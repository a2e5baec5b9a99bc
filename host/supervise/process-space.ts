import { readlinkSync } from 'node:fs'

/**
 * Which processes this one can see, as a number of the system's; null where it does not tell, which Linux alone does. Ids of
 * processes mean nothing to one with another number, as in another container.
 */
export function processSpace(): string | null {
  if (process.platform !== 'linux') return null
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? null
  } catch {
    return null
  }
}
