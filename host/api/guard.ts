import { createHash, timingSafeEqual } from 'node:crypto'
import { RippleError } from '../errors/ripple-error.ts'

/** The headers that decide whether a request may come in. */
export interface Caller {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly method: string
}

/**
 * Lets a request in or throws: `RIPPLE_FOREIGN_HOST` (a page that rebinds its name to loopback), `RIPPLE_FOREIGN_ORIGIN`
 * (a page of another site), `RIPPLE_UNAUTHORIZED`, `RIPPLE_BODY_INVALID` (anything but JSON, which a form cannot send).
 */
export function guard(caller: Caller, port: number, token: string): void {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  const host = caller.host?.toLowerCase() ?? ''
  if (!hosts.includes(host)) throw new RippleError('RIPPLE_FOREIGN_HOST', { host })
  if (caller.origin !== undefined && caller.origin !== `http://${host}`) {
    throw new RippleError('RIPPLE_FOREIGN_ORIGIN', { origin: caller.origin })
  }
  if (!sameToken(caller.authorization, token)) throw new RippleError('RIPPLE_UNAUTHORIZED')
  if (
    caller.method !== 'GET' &&
    caller.contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json'
  ) {
    throw new RippleError('RIPPLE_BODY_INVALID', {
      detail: "the body's content type is not application/json",
    })
  }
}

/** Compares digests of equal length in constant time, so that neither length nor prefix of the token leaks. */
function sameToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? ''
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token)) && given.length > 0
}
