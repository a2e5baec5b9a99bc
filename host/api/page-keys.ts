import { createHash, randomBytes } from 'node:crypto'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { PageKeys } from '../operations/context.ts'

/**
 * Makes what lets pages in. Only digests are kept, and all in memory: with the daemon its keys end, so that a page that
 * is still open when another program has taken the port has nothing of value to send there.
 */
export function pageKeys(now: () => number = () => performance.now()): PageKeys {
  /** By digest: when the code was made, and when the key was last used. The oldest stand first. */
  const codes = new Map<string, number>()
  const keys = new Map<string, number>()
  return {
    code: () => {
      const code = secret()
      put(codes, code, now(), limits.page_codes_max)
      return code
    },
    redeem: (code) => {
      const made = codes.get(digest(code))
      codes.delete(digest(code))
      if (made === undefined || now() - made > limits.page_code_ms)
        throw new RippleError('RIPPLE_PAGE_CODE', { seconds: limits.page_code_ms / 1_000 })
      const key = secret()
      put(keys, key, now(), limits.page_keys_max)
      return key
    },
    accepts: (key) => {
      if (!keys.has(digest(key))) return false
      put(keys, key, now(), limits.page_keys_max)
      return true
    },
  }
}

/** 256 random bits. */
function secret(): string {
  return randomBytes(32).toString('base64url')
}

/** What a secret is looked up by: how long that takes tells nothing of the secret itself. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Puts a secret last, and drops the first where there is one too many. */
function put(into: Map<string, number>, text: string, at: number, most: number): void {
  const name = digest(text)
  into.delete(name)
  into.set(name, at)
  const [first] = into.keys()
  if (into.size > most && first !== undefined) into.delete(first)
}
