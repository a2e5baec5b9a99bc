/** Refuses requests by their headers, before their bodies are read. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import type { RippleError } from '../errors/ripple-error.ts'
import type { Context } from '../operations/context.ts'
import type { Principal, Scope } from '../types/principal.ts'
import type { Strangers } from './connections.ts'
import { allowOrigin, isPreflight, preflightHeaders } from './cors.ts'
import { guardBody, guardHosts, guardPlace, guardScope, type KeyHeaders } from './guard.ts'

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

/** Hosts and origins that are allowed in addition to this machine's own. */
export type OtherDoors = Pick<Config['api'], 'hosts' | 'origins'>

/** The rules of one server. */
export interface RequestGuard {
  /** Returns the port that the Host header must name. */
  port(): number
  readonly keys: Pick<Context['keys'], 'admit'>
  /** Returns the other hosts and origins that may send a request. */
  doors(request: FastifyRequest): OtherDoors
  /** Returns who calls. Throws `RIPPLE_UNAUTHORIZED`. */
  caller(headers: KeyHeaders): Principal
  /** Returns why a request has no route. */
  unknown(request: FastifyRequest): RippleError
  /** Whether a request without a route is answered before its key is checked. */
  isAdvised(request: FastifyRequest): boolean
}

/** Checks each request of a server: Host and Origin, key, route, scope, type of the body, and the bound of the key. */
export function guardRequests(app: FastifyInstance, strangers: Strangers, guard: RequestGuard): void {
  app.addHook('onRequest', async (request, reply) => {
    const { headers, method, is404 } = request
    const { hosts, origins } = guard.doors(request)
    const { host, origin } = headers
    guardHosts(request.raw.rawHeaders)
    guardPlace({ host, origin }, { port: guard.port(), hosts, origins })
    if (origin !== undefined && origins.includes(origin.toLowerCase())) {
      allowOrigin(reply.raw, origin)
      if (isPreflight(method, headers)) return reply.code(204).headers(preflightHeaders(headers)).send()
    }
    if (is404 && guard.isAdvised(request)) throw guard.unknown(request)
    const { open = false, scopes = ['admin'] } = request.routeOptions.config
    if (!open) {
      request.principal = guard.caller(headers)
      strangers.admit(request.raw.socket)
    }
    if (is404) throw guard.unknown(request)
    if (request.principal) guardScope(request.principal, scopes)
    guardBody(method, headers['content-type'], headers['content-encoding'])
    if (request.principal && scopes.every((scope) => scope === 'infer')) guard.keys.admit(request.principal)
  })
}
