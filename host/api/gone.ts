/** Notices clients that leave before their answer. */
import type { FastifyReply } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'

/** Returns a signal that aborts if the client leaves before it has its answer. */
export function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new RippleError('RIPPLE_INTERRUPTED'))
  })
  return controller.signal
}
