/** Builds the HTTP API and listens. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../operations/context.ts'
import { daemonHandlers } from '../operations/handlers.ts'
import { routeOf } from '../operations/registry.ts'
import type { Emit } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'
import type { Traces } from '../telemetry/traces/port.ts'
import { scopes } from '../types/principal.ts'
import { serveA2a } from './a2a/routes.ts'
import type { ErrorForm } from './client-error.ts'
import { type ConnectionBounds, connectionBounds, type Strangers } from './connections.ts'
import { gone } from './gone.ts'
import { callerOf, guardKey } from './guard.ts'
import { guardRequests, type OtherDoors } from './guard-requests.ts'
import { httpApp } from './http-app.ts'
import { type Listening, listen } from './listen.ts'
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
import { asRippleError } from './request-error.ts'
import { responsesRoutes } from './responses/routes.ts'
import { eventStream } from './stream.ts'

/** The parts of the daemon that the API uses. */
export interface ApiNeeds {
  readonly context: Context
  readonly token: string
  /** The key for programs that may only ask models. */
  readonly openaiKey: string
  readonly emit: Emit
  /** The traces of its requests; null or left out without a collector. */
  readonly traces?: Traces | null
  /** Returns the port that the Host header must name. Read at each request, because it is known only after listening. */
  port(): number
  /** Aborted when the daemon stops, which ends waiting requests. */
  readonly signal: AbortSignal
  /** Further hosts and origins allowed under `/v1`, in addition to this machine's own. */
  readonly doors?: OtherDoors
  /** Bounds of its connections; the usual ones if left out. */
  readonly bounds?: ConnectionBounds
}

/** Writes OpenAI's form under `/v1`. Bytes that are not a request most likely come from an OpenAI client too. */
const errorForm: ErrorForm = (error, path) =>
  path === null || isOpenai(path) ? openaiError(error) : { status: error.http, body: error.toJSON() }

/**
 * Builds the API: every verb of the daemon as `POST /api/<noun>/<verb>`, the event stream, OpenAI's endpoints under `/v1`, A2A's
 * at `/a2a`, MCP's at `/mcp`, the page, and a health check.
 */
export function buildApi(needs: ApiNeeds): FastifyInstance {
  const methods = new RouteMethods()
  const bounds = needs.bounds ?? connectionBounds
  const { traces } = needs
  const { app, strangers } = httpApp({ bounds, methods, form: errorForm, traces, mayUpgrade: isLogSocket })
  const none: OtherDoors = { hosts: [], origins: [] }
  guardRequests(app, strangers, {
    port: needs.port,
    keys: needs.context.keys,
    doors: (request) => (asksOpenai(request) && needs.doors) || none,
    caller: (headers) => guardKey(headers, needs),
    unknown: (request) => methods.refusal(request),
    // Programs for other APIs have no key of this one, so advice for their settings comes before the check of the key.
    isAdvised: (request) => isOtherDoor(pathOf(request.url)),
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

function answerError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply, emit: Emit): void {
  const error = asRippleError(thrown)
  const route = request.routeOptions.url ?? ''
  if (error.http >= 500) emit({ type: 'request_failed', route, ...failureOf(error) }, thrown)
  const { retry_after_s } = error.facts
  if (typeof retry_after_s === 'number') reply.header('retry-after', retry_after_s)
  if (error.code === 'RIPPLE_METHOD_UNKNOWN') reply.header('allow', error.facts.allow)
  reply.code(error.http).send(error.toJSON())
}

/** Listens on loopback. Rejects with `RIPPLE_PORT_TAKEN`. */
export function listenApi(needs: Omit<ApiNeeds, 'port'>, port: number): Promise<Listening> {
  return listen((bound) => buildApi({ ...needs, port: bound }), port)
}
