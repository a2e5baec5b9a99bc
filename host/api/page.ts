/** Serves the page. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import type { PageKeys } from '../operations/context.ts'
import { parseInput } from '../operations/operation.ts'
import { readPageFile } from './page-files.ts'

/**
 * The headers that limit the page, whatever it contains. It may run its own script and wasm and call this daemon, and nothing
 * else. With trusted types no text can become HTML. Other sites can neither frame it nor load its files.
 */
const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The body of `POST /api/page/key`. */
export const redeemInput = z.strictObject({ code: z.string().min(1).max(128) })

/** The answer of `POST /api/page/key`. */
export interface PageKey {
  readonly key: string
}

/** Serves the page, and exchanges the codes of `ripple open` for keys. The page has no secret, so it needs no token. */
export function servePage(app: FastifyInstance, keys: PageKeys): void {
  const open = { config: { open: true } }
  app.get('/', open, (_request, reply) => send('index.html', reply))
  app.get<{ Params: { name: string } }>('/ui/:name', open, (request, reply) =>
    send(request.params.name, reply),
  )
  app.post(
    '/api/page/key',
    open,
    async (request): Promise<PageKey> => ({
      key: keys.redeem(parseInput(redeemInput, request.body ?? {}).code),
    }),
  )
}

async function send(name: string, reply: FastifyReply): Promise<FastifyReply> {
  const file = await readPageFile(name)
  if (file === null) {
    const route = `GET /ui/${name.slice(0, 200)}`
    throw new RippleError('RIPPLE_ROUTE_UNKNOWN', { route, fix: 'reload the page' })
  }
  return reply.headers(headers).type(file.type).send(file.bytes)
}
