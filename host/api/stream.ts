/** Streams the daemon's task events to clients. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskEvents } from '../operations/context.ts'

/**
 * Answers with server-sent events, each with its id. A client that returns with `Last-Event-ID` gets all later events that are
 * still in memory. A reader that falls too far behind is disconnected, and returns.
 */
export function eventStream(events: TaskEvents): (request: FastifyRequest, reply: FastifyReply) => void {
  let open = 0
  return (request, reply) => {
    if (open >= limits.event_streams_max) {
      const { event_streams_max: max, busy_retry_after_s: retry_after_s } = limits
      throw new RippleError('RIPPLE_BUSY', { what: 'the number of event streams', max, retry_after_s })
    }
    open += 1
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    out.write(': hello\n\n')
    const unfollow = events.follow(lastSeen(request), (event) => {
      if (out.destroyed) return
      out.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
      if (out.writableLength > limits.event_stream_bytes_max) out.destroy()
    })
    const ping = setInterval(() => out.write(': ping\n\n'), limits.event_ping_ms)
    out.once('close', () => {
      open -= 1
      clearInterval(ping)
      unfollow()
    })
  }
}

function lastSeen(request: FastifyRequest): number {
  const text = request.headers['last-event-id']
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : 0
}
