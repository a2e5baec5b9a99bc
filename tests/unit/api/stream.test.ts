import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, it } from 'vitest'
import { eventStream } from '../../../host/api/stream.ts'
import { limits } from '../../../host/limits.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'

/** A connection that takes whatever is written to it. */
function connection() {
  const raw = Object.assign(new EventEmitter(), { writeHead: () => raw, write: () => true })
  return { raw, reply: { raw, hijack: () => undefined } as unknown as FastifyReply }
}

it('streams beyond the bound are refused with a retry time, and a closed one makes room', () => {
  const open = eventStream(eventHub(silentLog, () => 0))
  const request = { headers: {} } as FastifyRequest
  const connections = Array.from({ length: limits.event_streams_max }, connection)
  for (const { reply } of connections) open(request, reply)
  const facts = { max: limits.event_streams_max, retry_after_s: limits.busy_retry_after_s }
  expect(() => open(request, connection().reply)).toThrow(
    expect.objectContaining({ code: 'RIPPLE_BUSY', facts: expect.objectContaining(facts) }),
  )
  connections[0]?.raw.emit('close')
  const next = connection()
  open(request, next.reply)
  for (const { raw } of [...connections, next]) raw.emit('close')
})
