/** Serves Ollama's API on a port of its own, because its paths collide with those of Ripple's own verbs. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/config.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Context } from '../../operations/context.ts'
import type { Traces } from '../../telemetry/traces/port.ts'
import { ollamaCaller } from '../../types/principal.ts'
import { connectionBounds } from '../connections.ts'
import { findCaller, guardKey, type ValidKeys } from '../guard.ts'
import { guardRequests, type OtherDoors } from '../guard-requests.ts'
import { httpApp } from '../http-app.ts'
import { type Listening, listen } from '../listen.ts'
import { errorsOf } from '../openai/answer-to.ts'
import { RouteMethods } from '../paths.ts'
import { ollama, ollamaError } from './error.ts'
import { type OllamaNeeds, ollamaRoutes } from './routes.ts'

/** The parts of the daemon that this server uses, and the hosts and origins that it allows. */
export interface ListenerNeeds extends OllamaNeeds, Omit<ValidKeys, 'context'>, OtherDoors {
  readonly context: OllamaNeeds['context'] & Pick<Context, 'keys' | 'pageKeys'>
  /** The traces of its requests; null or left out without a collector. */
  readonly traces?: Traces | null
  /** Whether every program may ask, or those with a key alone. */
  readonly access: Exclude<Config['api']['ollama'], 'off'>
  /** Returns the port that the Host header must name. */
  port(): number
}

/** Builds the server. Pages and apps of other origins need a key, so `origins` count only where all callers do. */
function buildOllama(needs: ListenerNeeds): FastifyInstance {
  const isOpen = needs.access === 'open'
  const methods = new RouteMethods(() => "this port has Ollama's API alone: see docs/ollama.md")
  const { app, strangers } = httpApp({
    ...{ bounds: connectionBounds, methods, form: ollamaError, traces: needs.traces },
    mayUpgrade: () => false,
  })
  const doors: OtherDoors = { hosts: needs.hosts, origins: isOpen ? [] : needs.origins }
  app.addHook('onRequest', async ({ headers }) => guardSite(headers))
  guardRequests(app, strangers, {
    port: needs.port,
    keys: needs.context.keys,
    doors: () => doors,
    // Many programs send any word as their key, so an unknown one counts as none.
    caller: (headers) => (isOpen ? (findCaller(headers, needs) ?? ollamaCaller) : guardKey(headers, needs)),
    unknown: (request) => methods.refusal(request),
    isAdvised: () => false,
  })
  app.setErrorHandler(errorsOf(ollama, needs))
  app.setNotFoundHandler((request) => {
    throw methods.refusal(request)
  })
  ollamaRoutes(app, needs)
  return app
}

/** Listens on loopback. Rejects with `RIPPLE_PORT_TAKEN`. */
export function listenOllama(needs: Omit<ListenerNeeds, 'port'>, port: number): Promise<Listening> {
  return listen((bound) => buildOllama({ ...needs, port: bound }), port)
}

/**
 * Throws `RIPPLE_FOREIGN_ORIGIN` for a request that a page of another site makes without an Origin, such as that for an image.
 */
function guardSite({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): void {
  if (origin === undefined && (site === 'cross-site' || site === 'same-site'))
    throw new RippleError('RIPPLE_FOREIGN_ORIGIN', { origin: site })
}
