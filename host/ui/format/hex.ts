/** Writes bytes in hex. */

/** Returns bytes in lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
