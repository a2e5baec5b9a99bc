// The origins that the conductor's websockets accept. Each is a bearer secret: the conductor asks for nothing else.
import { randomBytes } from 'node:crypto'

/** Bytes of an origin that are random. */
const ORIGIN_BYTES = 32
/**
 * Stands beside the origin in the conductor's setting. Holochain 0.7 answers an origin that it refuses with the list of those
 * that it accepts, unless that list fits no header; no client can send this one either.
 */
const UNSENDABLE = '\u0001'

/** Makes an origin that nobody can guess. */
export function randomOrigin(): string {
  return `ripple-${randomBytes(ORIGIN_BYTES).toString('hex')}`
}

/** Writes the conductor's setting that accepts one origin and never discloses it. */
export function onlyOrigin(origin: string): string {
  return `${origin},${UNSENDABLE}`
}

/** Reads the origin out of such a setting; null where the setting can be guessed, or discloses what it accepts. */
export function originIn(allowed: string): string | null {
  const origins = allowed.split(',')
  if (!origins.includes(UNSENDABLE)) return null
  return origins.find((one) => /^ripple-[0-9a-f]{64}$/.test(one)) ?? null
}
