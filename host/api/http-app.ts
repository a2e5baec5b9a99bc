/** Makes the HTTP servers of a daemon, each with the same bounds. */
import type { IncomingMessage } from 'node:http'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { limits } from '../limits.ts'
import type { Traces } from '../telemetry/traces/port.ts'
import { ClientErrors, type ErrorForm } from './client-error.ts'
import { type ConnectionBounds, Strangers } from './connections.ts'
import { readJsonBodies } from './json-body.ts'
import { pathOf, type RouteMethods } from './paths.ts'
import { asRippleError, readRest } from './request-error.ts'
import { traceRequests } from './trace-requests.ts'

/** A server without routes, and its connections without a key. */
export interface HttpApp {
  readonly app: FastifyInstance
  readonly strangers: Strangers
}

/** The properties of a server. */
export interface HttpNeeds {
  readonly bounds: ConnectionBounds
  /** Learns the server's routes. */
  readonly methods: RouteMethods
  /** Writes the errors that no route answers. */
  readonly form: ErrorForm
  /** The traces of its requests; null or left out without a collector. */
  readonly traces?: Traces | null | undefined
  /** Whether a request with an Upgrade header leaves HTTP. All others are answered as if they had none. */
  mayUpgrade(request: IncomingMessage): boolean
}

/** Makes a server that reads JSON within bounds. */
export function httpApp({ bounds, methods, form, traces, mayUpgrade }: HttpNeeds): HttpApp {
  const broken = new ClientErrors(form)
  const app = fastify({
    bodyLimit: limits.body_bytes_max,
    requestTimeout: bounds.request_ms,
    http: {
      headersTimeout: bounds.head_ms,
      connectionsCheckingInterval: bounds.check_ms,
      // Ripple refuses a request without a Host itself, because Node would do so without a body.
      requireHostHeader: false,
      shouldUpgradeCallback: mayUpgrade,
    },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => broken.answer(error, socket),
    // An unreadable URL gets an error in the same format as all other errors.
    frameworkErrors: (error, request, reply) => {
      const { status, body } = form(asRippleError(error), pathOf(request.url))
      ;(reply as FastifyReply).code(status).send(body)
    },
  })
  app.server.maxConnections = limits.api_connections_max
  broken.follow(app.server)
  readJsonBodies(app)
  app.decorateRequest('principal', null)
  if (traces) traceRequests(app, traces)
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method))
  app.addHook('onSend', async ({ raw }, reply) => {
    if (reply.statusCode === 413) await readRest(raw)
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer')
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  return { app, strangers: new Strangers(app.server, bounds.strangers_max) }
}
