/** Streams daemon events to clients. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { parseInput } from '../operations/operation.ts'
import { eventKinds } from '../telemetry/catalogue.ts'
import type { EventStream } from '../telemetry/events.ts'

const kinds = z
  .string()
  .transform((words) => [...new Set(words.split(','))])
  .pipe(z.array(z.enum(eventKinds)))
const query = z.strictObject({ after: z.string().optional(), kinds: kinds.optional() })

/**
 * Answers with server-sent events, each with its id. A client that returns with `Last-Event-ID`, or with `after`, gets all
 * later events, after a `reset` if some are not kept any more. A reader that falls too far behind is disconnected, and
 * returns.
 */
export function eventStream(events: EventStream): (request: FastifyRequest, reply: FastifyReply) => void {
  let open = 0
  return (request, reply) => {
    const asked = parseInput(query, request.query)
    if (open >= limits.event_streams_max) {
      const { event_streams_max: max, busy_retry_after_s: retry_after_s } = limits
      throw new RippleError('RIPPLE_BUSY', { what: 'the number of event streams', max, retry_after_s })
    }
    open += 1
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    out.write(': hello\n\n')
    // A browser that reconnects by itself keeps the URL, so the header is the newer of the two.
    const after = request.headers['last-event-id']?.toString() ?? asked.after ?? null
    const unfollow = events.follow({ after, kinds: asked.kinds ?? eventKinds }, (event) => {
      if (out.destroyed) return
      out.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
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
