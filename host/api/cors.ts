/** Allows pages of allowed origins to read the answers of `/v1` (CORS), and answers a browser's preflight requests. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

/** Seconds for which a browser may reuse the answer to a preflight. */
const MAX_AGE_S = 600
/** Headers of an answer that pages may read. */
const exposed = [
  'retry-after',
  'x-request-id',
  'x-ripple-receipt',
  'x-ripple-task',
  'x-ripple-trace',
  'x-should-retry',
].join(', ')

/** Whether a request is a preflight, by which a browser asks whether a page may send a request. It carries no key. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}

/** Allows a page to read the answer. The headers are set on the response itself, so a stream has them too. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', exposed)
  response.setHeader('vary', 'origin')
}

/** Returns the answer to a preflight. It allows every header, because clients add their own. */
export function preflightHeaders(asked: IncomingHttpHeaders): Record<string, string> {
  const names = asked['access-control-request-headers']
  return {
    'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
    'access-control-allow-headers': names ?? 'authorization, content-type',
    'access-control-max-age': String(MAX_AGE_S),
    // Chromium asks for this for pages of other machines.
    ...(asked['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
  }
}
