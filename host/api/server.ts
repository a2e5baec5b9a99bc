/** Builds the HTTP API and listens. */
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import type { Config } from '../config/config.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Context } from '../operations/context.ts'
import { daemonHandlers } from '../operations/handlers.ts'
import { routeOf } from '../operations/registry.ts'
import type { Emit } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'
import { type Principal, type Scope, scopes } from '../types/principal.ts'
import { serveA2a } from './a2a/routes.ts'
import { ClientErrors } from './client-error.ts'
import { type ConnectionBounds, connectionBounds, Strangers } from './connections.ts'
import { allowOrigin, isPreflight, preflightHeaders } from './cors.ts'
import { gone } from './gone.ts'
import { callerOf, guardBody, guardHosts, guardKey, guardPlace, guardScope } from './guard.ts'
import { readJsonBodies } from './json-body.ts'
import { mcpRoutes } from './mcp/routes.ts'
import { messagesRoutes } from './messages/routes.ts'
import { serveMetrics } from './metrics.ts'
import { isLogSocket, serveLogSocket } from './nodes/log-socket.ts'
import { serveNodes } from './nodes/routes.ts'
import { openaiError } from './openai/error.ts'
import { openaiRoutes } from './openai/routes.ts'
import { openapi } from './openapi.ts'
import { servePage } from './page.ts'
import { asksOpenai, isOpenai, isOtherDoor, pathOf, RouteMethods } from './paths.ts'
import { asRippleError, readRest } from './request-error.ts'
import { responsesRoutes } from './responses/routes.ts'
import { eventStream } from './stream.ts'

/** The parts of the daemon that the API uses. */
export interface ApiNeeds {
  readonly context: Context
  readonly token: string
  /** The key for programs that may only ask models. */
  readonly openaiKey: string
  readonly emit: Emit
  /** Returns the port that the Host header must name. Read at each request, because it is known only after listening. */
  port(): number
  /** Aborted when the daemon stops, which ends waiting requests. */
  readonly signal: AbortSignal
  /** Further hosts and origins allowed under `/v1`, in addition to this machine's own. */
  readonly doors?: Pick<Config['api'], 'hosts' | 'origins'>
  /** Bounds of its connections; the usual ones if left out. */
  readonly bounds?: ConnectionBounds
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route needs no key; Host and Origin are always checked. */
    open?: boolean
    /** The scopes of which a caller needs one; `admin` by default. */
    scopes?: readonly Scope[]
  }
  interface FastifyRequest {
    /** The caller; null on a route that needs no key. */
    principal: Principal | null
  }
}

/**
 * Builds the API: every verb of the daemon as `POST /api/<noun>/<verb>`, the event stream, OpenAI's endpoints under `/v1`, A2A's
 * at `/a2a`, MCP's at `/mcp`, the page, and a health check.
 */
export function buildApi(needs: ApiNeeds): FastifyInstance {
  const bounds = needs.bounds ?? connectionBounds
  const broken = new ClientErrors()
  const app = fastify({
    bodyLimit: limits.body_bytes_max,
    requestTimeout: bounds.request_ms,
    http: {
      headersTimeout: bounds.head_ms,
      connectionsCheckingInterval: bounds.check_ms,
      // Ripple refuses a request without a Host itself, because Node would do so without a body.
      requireHostHeader: false,
      // All other requests with an Upgrade header are answered as if they had none.
      shouldUpgradeCallback: isLogSocket,
    },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => broken.answer(error, socket),
    // An unreadable URL gets an error in the same format as all other errors.
    frameworkErrors: (error, request, reply) => {
      answer(asRippleError(error), reply as FastifyReply, isOpenai(pathOf(request.url)))
    },
  })
  app.server.maxConnections = limits.api_connections_max
  broken.follow(app.server)
  readJsonBodies(app)
  app.decorateRequest('principal', null)
  const methods = new RouteMethods()
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method))
  const strangers = new Strangers(app.server, bounds.strangers_max)
  guardRequests(app, needs, methods, strangers)
  app.addHook('onSend', async ({ raw }, reply) => {
    if (reply.statusCode === 413) await readRest(raw)
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer')
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, needs.emit))
  app.setNotFoundHandler((request) => {
    throw methods.refusal(request)
  })
  for (const handler of daemonHandlers) {
    const { names, scope } = handler.operation
    for (const name of names)
      app.post(routeOf(name), { config: { scopes: [scope] } }, (request, reply) => {
        const signal = AbortSignal.any([needs.signal, gone(reply)])
        return handler.call(
          needs.context,
          request.body === undefined ? {} : request.body,
          signal,
          callerOf(request),
        )
      })
  }
  const read = { config: { scopes: ['read'] }, exposeHeadRoute: false } as const
  app.get('/api/events', read, eventStream(needs.context.events))
  app.head('/api/events', read, async (_request, reply) => reply.type('text/event-stream').send())
  serveMetrics(app, needs.context, needs.signal)
  let document: object | null = null
  app.get('/api/openapi.json', { config: { scopes }, exposeHeadRoute: false }, async () => {
    document ??= openapi()
    return document
  })
  app.register(openaiRoutes({ ...needs, unknown: (request) => methods.refusal(request) }), { prefix: '/v1' })
  serveOtherProtocols(app, needs, strangers)
  servePage(app, needs.context.pageKeys)
  // Similar servers have their health check at one of these two paths.
  for (const path of ['/healthz', '/health'])
    app.get(path, { config: read.config }, async () => ({ ok: true }))
  return app
}

/** Adds the endpoints of other protocols: A2A, Anthropic's, MCP, OpenAI's Responses and the node API. */
function serveOtherProtocols(app: FastifyInstance, needs: ApiNeeds, strangers: Strangers): void {
  serveA2a(app, needs)
  app.register(messagesRoutes(needs), { prefix: '/v1' })
  app.register(mcpRoutes(needs))
  app.register(responsesRoutes(needs), { prefix: '/v1' })
  serveNodes(app, needs)
  serveLogSocket(app, { ...needs, admit: (socket) => strangers.admit(socket) })
}

/** Refuses a request by its headers, before its body is read. */
function guardRequests(
  app: FastifyInstance,
  needs: ApiNeeds,
  methods: RouteMethods,
  strangers: Strangers,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const { headers, method, is404 } = request
    const isV1 = asksOpenai(request)
    const { hosts, origins } = (isV1 && needs.doors) || { hosts: [], origins: [] }
    const { host, origin } = headers
    guardHosts(request.raw.rawHeaders)
    guardPlace({ host, origin }, { port: needs.port(), hosts, origins })
    if (origin !== undefined && origins.includes(origin.toLowerCase())) {
      allowOrigin(reply.raw, origin)
      if (isPreflight(method, headers)) return reply.code(204).headers(preflightHeaders(headers)).send()
    }
    // Programs for other APIs have no key of this one, so advice for their settings comes before the check of the key.
    if (is404 && isOtherDoor(pathOf(request.url))) throw methods.refusal(request)
    const { open = false, scopes = ['admin'] } = request.routeOptions.config
    if (!open) {
      request.principal = guardKey(headers, needs)
      strangers.admit(request.raw.socket)
    }
    if (is404) throw methods.refusal(request)
    if (request.principal) guardScope(request.principal, scopes)
    guardBody(method, headers['content-type'], headers['content-encoding'])
    if (request.principal && scopes.every((scope) => scope === 'infer'))
      needs.context.keys.admit(request.principal)
  })
}

function answerError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply, emit: Emit): void {
  const error = asRippleError(thrown)
  const route = request.routeOptions.url ?? ''
  if (error.http >= 500) emit({ type: 'request_failed', route, ...failureOf(error) }, thrown)
  const { retry_after_s } = error.facts
  if (typeof retry_after_s === 'number') reply.header('retry-after', retry_after_s)
  answer(error, reply)
}

function answer(error: RippleError, reply: FastifyReply, isV1 = false): void {
  const { allow } = error.facts
  if (error.code === 'RIPPLE_METHOD_UNKNOWN') reply.header('allow', allow)
  if (isV1) {
    const { status, body } = openaiError(error)
    reply.code(status).send(body)
  } else reply.code(error.http).send(error.toJSON())
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
