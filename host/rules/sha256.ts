import { createHash } from 'node:crypto'

/** sha256 of some bytes, in lower-case hex. */
export function sha256Hex(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
