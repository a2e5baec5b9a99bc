/** Reports requests to the traces. */
import type { FastifyInstance } from 'fastify'
import type { Traces } from '../telemetry/traces/port.ts'

/** Has what a request posts belong to its trace. Runs after the key and the body were checked. */
export function traceRequests(app: FastifyInstance, traces: Pick<Traces, 'request'>): void {
  app.addHook('preHandler', (request, reply, done) => {
    const { method, headers, routeOptions } = request
    const startedAt = Date.now() - reply.elapsedTime
    const head = { method, route: routeOptions.url ?? '', traceparent: headers.traceparent, startedAt }
    const ended = traces.request(head, done)
    const { raw } = reply
    if (raw.closed) ended(raw.statusCode)
    else raw.once('close', () => ended(raw.statusCode))
  })
}
