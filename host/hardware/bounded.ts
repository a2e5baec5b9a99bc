import { limits } from '../limits.ts'

/** The probe's answer, or null when it fails or is late. The libraries below take no signal: a late one is left alone. */
export async function bounded<T>(probe: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), limits.hardware_probe_ms)
  try {
    return await Promise.race([probe.catch(() => null), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
