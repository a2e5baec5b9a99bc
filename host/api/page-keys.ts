/** Makes the codes and keys by which pages sign in. */
import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { PageKeys } from '../operations/context.ts'

/**
 * Makes codes and keys, and remembers only their digests, in memory. The keys end with the daemon. If another program takes the
 * port later, a page that is still open has no valid key to send there.
 */
export function pageKeys(now: () => number = () => performance.now()): PageKeys {
  const [max, ttl] = [limits.page_codes_max, limits.page_code_ms]
  const codes = new LRUCache<string, true>({ max, ttl, ttlResolution: 0, perf: { now } })
  const keys = new LRUCache<string, true>({ max: limits.page_keys_max })
  return {
    code: () => {
      const code = secret()
      codes.set(digest(code), true)
      return code
    },
    redeem: (code) => {
      const isValid = codes.get(digest(code))
      codes.delete(digest(code))
      if (!isValid) throw new RippleError('RIPPLE_PAGE_CODE', { seconds: limits.page_code_ms / 1_000 })
      const key = secret()
      keys.set(digest(key), true)
      return key
    },
    accepts: (key) => keys.get(digest(key)) === true,
  }
}

/** Returns 256 random bits. */
function secret(): string {
  return randomBytes(32).toString('base64url')
}

/** Returns the digest by which a secret is looked up, so the time of the look-up reveals nothing about the secret. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
