/** Digests bytes and texts. */
import { createHash } from 'node:crypto'

/** sha256 over the parts one after the other, as lower-case hex. */
export function sha256Hex(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
