/** Makes and reads the origins that the conductor's websockets accept. */
import { randomBytes } from 'node:crypto'

/** Random bytes of an origin. An origin is a bearer secret, because the conductor asks for nothing else. */
const ORIGIN_BYTES = 32
/**
 * A second origin in the conductor's setting, which no client can send. Holochain 0.7 answers a refused origin with the
 * list of accepted ones, unless that list does not fit in a header. This character makes it unfit.
 */
const UNSENDABLE = '\u0001'

/** Returns a random origin. */
export function randomOrigin(): string {
  return `ripple-${randomBytes(ORIGIN_BYTES).toString('hex')}`
}

/** Returns the conductor's setting that accepts one origin and never discloses it. */
export function onlyOrigin(origin: string): string {
  return `${origin},${UNSENDABLE}`
}

/** Returns the origin in such a setting; null if the setting can be guessed, or discloses its origins. */
export function originIn(allowed: string): string | null {
  const origins = allowed.split(',')
  if (!origins.includes(UNSENDABLE)) return null
  return origins.find((one) => /^ripple-[0-9a-f]{64}$/.test(one)) ?? null
}
