import type { FastifyReply } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'

/** Aborted when the client has gone before it got its answer. */
export function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new RippleError('RIPPLE_INTERRUPTED'))
  })
  return controller.signal
}
