import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Context } from '../operations/context.ts'
import { daemonOperations, routeOf } from '../operations/registry.ts'
import type { Log } from '../telemetry/log.ts'
import { type ConnectionBounds, connectionBounds, Strangers } from './connections.ts'
import { gone } from './gone.ts'
import { guard } from './guard.ts'
import { readJsonBodies } from './json-body.ts'
import { openaiRoutes } from './openai/routes.ts'
import { servePage } from './page.ts'
import { asRippleError } from './request-error.ts'
import { eventStream } from './stream.ts'

/** What the API needs. */
export interface ApiNeeds {
  readonly context: Context
  readonly token: string
  /** The key that lets in under `/v1` alone. */
  readonly openaiKey: string
  readonly log: Log
  /** The port that the Host header must name; asked at each request, as it is known only after listening. */
  port(): number
  /** Aborted when the daemon stops: requests that wait end then. */
  readonly signal: AbortSignal
  /** Bounds of its connections; the host's own, where nobody says. */
  readonly bounds?: ConnectionBounds
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route takes no token; Host and Origin are checked all the same. */
    open?: boolean
  }
}

/**
 * Builds the API: every verb of the daemon as `POST /api/<noun>/<verb>`, the event stream, OpenAI's endpoints under `/v1`, the
 * page, and a sign of life.
 */
export function buildApi(needs: ApiNeeds): FastifyInstance {
  const bounds = needs.bounds ?? connectionBounds
  const app = fastify({
    bodyLimit: limits.body_bytes_max,
    requestTimeout: bounds.request_ms,
    http: { headersTimeout: bounds.head_ms, connectionsCheckingInterval: bounds.check_ms },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
    // An address that cannot be read at all gets the form of all other errors.
    frameworkErrors: (error, _request, reply) => answer(asRippleError(error), reply as FastifyReply),
  })
  app.server.maxConnections = limits.api_connections_max
  const strangers = new Strangers(app.server, bounds.strangers_max)
  readJsonBodies(app)
  app.addHook('onRequest', async (request) => {
    const { host, origin, authorization } = request.headers
    const contentType = request.headers['content-type']
    const open = request.routeOptions.config.open === true
    guard(
      { host, origin, authorization, contentType, method: request.method },
      {
        port: needs.port(),
        token: needs.token,
        // What is no route at all may say so to whoever has the key of its neighbours.
        keys: (request.routeOptions.url ?? request.url).startsWith('/v1/') ? [needs.openaiKey] : [],
        acceptsKey: needs.context.pageKeys.accepts,
        open,
      },
    )
    if (!open) strangers.admit(request.raw.socket)
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, needs.log))
  app.setNotFoundHandler((request) => {
    throw new RippleError('RIPPLE_ROUTE_UNKNOWN', { route: `${request.method} ${request.url.slice(0, 200)}` })
  })
  for (const verb of daemonOperations) {
    app.post(routeOf(verb.name), (request, reply) =>
      verb.call(needs.context, request.body ?? {}, AbortSignal.any([needs.signal, gone(reply)])),
    )
  }
  app.get('/api/events', eventStream(needs.context.events))
  app.register(openaiRoutes(needs), { prefix: '/v1' })
  servePage(app, needs.context.pageKeys)
  app.get('/healthz', async () => ({ ok: true }))
  return app
}

function answerError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const error = asRippleError(thrown)
  if (error.http >= 500) log.error({ err: thrown, route: request.routeOptions.url }, error.message)
  const { retry_after_s } = error.facts
  if (typeof retry_after_s === 'number') reply.header('retry-after', retry_after_s)
  answer(error, reply)
}

function answer(error: RippleError, reply: FastifyReply): void {
  reply.code(error.http).send(error.toJSON())
}

/** A listening API. */
export interface Api extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Listens on loopback. Rejects with `RIPPLE_PORT_TAKEN`. */
export async function listenApi(needs: Omit<ApiNeeds, 'port'>, port: number): Promise<Api> {
  let bound = port
  const app = buildApi({ ...needs, port: () => bound })
  try {
    await app.listen({ host: '127.0.0.1', port })
  } catch (thrown) {
    await app.close()
    const taken = (thrown as NodeJS.ErrnoException).code === 'EADDRINUSE'
    throw taken ? new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause: thrown }) : thrown
  }
  const address = app.server.address()
  bound = typeof address === 'object' && address !== null ? address.port : port
  return { url: `http://127.0.0.1:${bound}`, port: bound, [Symbol.asyncDispose]: () => app.close() }
}
