/** Lets pages of allowed origins read the answers of `/v1` (CORS), and answers the browser's question beforehand. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

/** How long a browser need not ask again, in seconds. */
const MAX_AGE_S = 600
/** Headers of an answer that pages may read. */
const exposed = ['retry-after', 'x-request-id', 'x-ripple-task', 'x-ripple-trace', 'x-should-retry'].join(
  ', ',
)

/** Whether a request is a browser's question whether a page may send another one. It carries no key. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}

/** Lets a page read the answer. The headers are set on the response itself, so that a stream has them too. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', exposed)
  response.setHeader('vary', 'origin')
}

/** The answer to a browser's question: any header may be sent, as clients add their own. */
export function preflightHeaders(asked: IncomingHttpHeaders): Record<string, string> {
  const names = asked['access-control-request-headers']
  return {
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': names ?? 'authorization, content-type',
    'access-control-max-age': String(MAX_AGE_S),
    // Chromium asks this of pages that are not on this machine.
    ...(asked['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
  }
}
