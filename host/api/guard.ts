/** Decides which requests are accepted: by their Host and Origin, by their key and its scopes, and by the type of their body. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { RippleError } from '../errors/ripple-error.ts'
import type { Context } from '../operations/context.ts'
import { owner, type Principal, page, type Scope, v1Key } from '../types/principal.ts'

/** The headers that name the origin of a request. */
export interface Sender {
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** The hosts and origins that requests may come from. */
export interface Places {
  /** The port that the Host header must name. */
  readonly port: number
  /** Further allowed hosts and origins, in addition to this machine's own. */
  readonly hosts: readonly string[]
  readonly origins: readonly string[]
}

/**
 * Checks a request's Host and Origin. Throws `RIPPLE_FOREIGN_HOST` (a page that rebinds its name to loopback) or
 * `RIPPLE_FOREIGN_ORIGIN` (a page of another site).
 */
export function guardPlace({ host: given, origin }: Sender, { port, hosts, origins }: Places): void {
  const host = given?.toLowerCase() ?? ''
  const isOwn = ['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${port}`)
  // A name without a port allows every port: a container's port need not be the daemon's.
  if (!isOwn && !hosts.includes(host) && !hosts.includes(host.replace(/:\d+$/, '')))
    throw new RippleError('RIPPLE_FOREIGN_HOST', { host })
  if (origin === undefined || (isOwn && origin === `http://${host}`)) return
  if (!origins.includes(origin.toLowerCase())) throw new RippleError('RIPPLE_FOREIGN_ORIGIN', { origin })
}

/** Throws `RIPPLE_HTTP_INVALID` for two Host headers (RFC 9112, 3.2); Node reads the first. `raw` alternates names and values. */
export function guardHosts(raw: readonly string[]): void {
  const hosts = raw.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (hosts.length > 1)
    throw new RippleError('RIPPLE_HTTP_INVALID', { detail: 'it has more than one Host header' })
}

/** The keys that allow requests. */
export interface ValidKeys {
  readonly token: string
  /** The key in `openai.key`. */
  readonly openaiKey: string
  readonly context: Pick<Context, 'pageKeys' | 'keys'>
}

/** The headers that may carry a key. OpenAI's clients send the first, Anthropic's and Azure's the others. */
export interface KeyHeaders {
  readonly authorization?: string | undefined
  readonly 'x-api-key'?: string | string[] | undefined
  readonly 'api-key'?: string | string[] | undefined
}

/** Finds who calls, by the key of a request. Throws `RIPPLE_UNAUTHORIZED`. */
export function guardKey(headers: KeyHeaders, keys: ValidKeys): Principal {
  const found = findCaller(headers, keys)
  if (found === null) throw new RippleError('RIPPLE_UNAUTHORIZED')
  return found
}

/** Finds who calls, by the key of a request; null without a valid one. */
export function findCaller(headers: KeyHeaders, keys: ValidKeys): Principal | null {
  const given = keyIn(headers)
  return given === undefined ? null : principalOf(given, keys)
}

function principalOf(given: string, { token, openaiKey, context }: ValidKeys): Principal | null {
  if (sameToken(given, token)) return owner
  if (sameToken(given, openaiKey)) return v1Key
  return context.pageKeys.accepts(given) ? page : context.keys.find(given)
}

/** Throws `RIPPLE_SCOPE_REFUSED` unless the principal has one of these scopes. */
export function guardScope({ name, scopes }: Principal, allowed: readonly Scope[]): void {
  if (allowed.some((scope) => scopes.includes(scope))) return
  throw new RippleError('RIPPLE_SCOPE_REFUSED', { name, scope: allowed[0] ?? 'admin' })
}

/** Returns who calls. Throws `RIPPLE_UNAUTHORIZED` on a route that needs no key. */
export function callerOf({ principal }: { readonly principal: Principal | null }): Principal {
  if (principal === null) throw new RippleError('RIPPLE_UNAUTHORIZED')
  return principal
}

/** Reads the key. The scheme has any case, and one or more spaces follow it (RFC 9110, 11.4); some clients send tabs. */
export function keyIn(headers: KeyHeaders): string | undefined {
  if (headers.authorization !== undefined)
    return /^Bearer[ \t]+(\S+)[ \t]*$/i.exec(headers.authorization)?.[1]
  const other = headers['x-api-key'] ?? headers['api-key']
  return typeof other === 'string' ? other : undefined
}

/** Throws `RIPPLE_BODY_INVALID` unless the body is plain JSON, which a form of another site cannot send. A DELETE needs no body. */
export function guardBody(method: string, type: string | undefined, encoding: string | undefined): void {
  if (method === 'GET' || method === 'HEAD' || (method === 'DELETE' && type === undefined)) return
  if (type?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw invalid("the body's content type is not application/json: send 'content-type: application/json'")
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw invalid(`the body is encoded as '${encoding.slice(0, 32)}': send JSON without 'content-encoding'`)
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_BODY_INVALID', { detail })
}

/** Compares digests of equal length in constant time, so that neither length nor prefix of the token leaks. */
function sameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
