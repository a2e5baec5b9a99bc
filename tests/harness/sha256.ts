import { createHash } from 'node:crypto'

/** The sha256 of bytes that follow each other, in hex, by Node alone: what the host makes of it is what tests judge. */
export function sha256Hex(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
