/** Serves the metrics to Prometheus. */
import type { FastifyInstance } from 'fastify'
import type { Context } from '../operations/context.ts'
import { metricsType } from '../telemetry/metrics/meters.ts'
import { gone } from './gone.ts'

/** Adds `GET /metrics`, which needs a key with the scope `read`. */
export function serveMetrics(
  app: FastifyInstance,
  context: Pick<Context, 'metrics'>,
  stop: AbortSignal,
): void {
  app.get('/metrics', { config: { scopes: ['read'] }, exposeHeadRoute: false }, async (_request, reply) => {
    const text = await context.metrics(AbortSignal.any([stop, gone(reply)]))
    return reply.type(metricsType).send(text)
  })
}
