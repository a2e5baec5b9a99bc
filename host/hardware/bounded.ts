/** Gives the probes of the hardware a deadline. */
import { limits } from '../limits.ts'

/** Resolves with the probe's answer, or null if it fails or is late. The libraries take no signal, so a late probe runs on. */
export async function bounded<T>(probe: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), limits.hardware_probe_ms)
  try {
    return await Promise.race([probe.catch(() => null), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
