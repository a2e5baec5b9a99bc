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

/** What lets requests in. */
export interface Door {
  /** The port that the Host header must name. */
  readonly port: number
  readonly token: string
  /** Keys that let in here, and not everywhere. */
  readonly keys: readonly string[]
  /** Whether a page's key lets in. */
  acceptsKey(key: string): boolean
  /** Whether anybody on this machine may come in: the page's files, which hold no secret, and the place to get a key. */
  readonly open: boolean
}

/**
 * Lets a request in or throws: `RIPPLE_FOREIGN_HOST` (a page that rebinds its name to loopback), `RIPPLE_FOREIGN_ORIGIN`
 * (a page of another site), `RIPPLE_UNAUTHORIZED`, `RIPPLE_BODY_INVALID` (anything but JSON, which a form cannot send).
 */
export function guard(caller: Caller, door: Door): void {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${door.port}`)
  const host = caller.host?.toLowerCase() ?? ''
  if (!hosts.includes(host)) throw new RippleError('RIPPLE_FOREIGN_HOST', { host })
  if (caller.origin !== undefined && caller.origin !== `http://${host}`) {
    throw new RippleError('RIPPLE_FOREIGN_ORIGIN', { origin: caller.origin })
  }
  if (!door.open && !admits(door, caller.authorization)) throw new RippleError('RIPPLE_UNAUTHORIZED')
  if (
    caller.method !== 'GET' &&
    caller.contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json'
  ) {
    throw new RippleError('RIPPLE_BODY_INVALID', {
      detail: "the body's content type is not application/json",
    })
  }
}

function admits(door: Door, authorization: string | undefined): boolean {
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) return false
  return [door.token, ...door.keys].some((token) => sameToken(given, token)) || door.acceptsKey(given)
}

/** Compares digests of equal length in constant time, so that neither length nor prefix of the token leaks. */
function sameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
