import { EventEmitter } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { eventStream } from '../../../host/api/stream.ts'
import { eventData } from '../../../host/cli/follow.ts'
import { limits } from '../../../host/limits.ts'
import { eventKinds, type StreamEvent } from '../../../host/telemetry/catalogue.ts'
import { type EventHub, eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import { Prng } from '../../harness/sim/random.ts'
import { listeningApi, token } from './stub-api.ts'

/** A connection that takes whatever is written to it. */
function connection() {
  const raw = Object.assign(new EventEmitter(), { writeHead: () => raw, write: () => true })
  return { raw, reply: { raw, hijack: () => undefined } as unknown as FastifyReply }
}

it('streams beyond the bound are refused with a retry time, and a closed one makes room', () => {
  const open = eventStream(eventHub(silentLog, () => 0))
  const asked = { headers: {}, query: {} } as FastifyRequest
  const connections = Array.from({ length: limits.event_streams_max }, connection)
  for (const { reply } of connections) open(asked, reply)
  const facts = { max: limits.event_streams_max, retry_after_s: limits.busy_retry_after_s }
  expect(() => open(asked, connection().reply)).toThrow(
    expect.objectContaining({ code: 'RIPPLE_BUSY', facts: expect.objectContaining(facts) }),
  )
  connections[0]?.raw.emit('close')
  const next = connection()
  open(asked, next.reply)
  for (const { raw } of [...connections, next]) raw.emit('close')
})

/** Port of an API that streams these events. */
async function served(events: EventHub): Promise<number> {
  const { app, port } = await listeningApi({ events })
  onTestFinished(() => app.close())
  return port
}

/** The stream as it was opened. */
function opened(port: number, path = '/api/events', more: object = {}): Promise<IncomingMessage> {
  const headers = { host: `127.0.0.1:${port}`, authorization: `Bearer ${token}`, ...more }
  return new Promise((resolve, reject) => {
    request({ port, path, headers }).on('error', reject).on('response', resolve).end()
  })
}

it('a client whose connections are cut at random gets each event whole and once', async () => {
  const seed = Date.now() % 1_000_000
  const random = new Prng(seed)
  const hub = eventHub(silentLog, () => 7, { run: 'run' })
  const port = await served(hub)
  const count = 400
  const emitting = (async () => {
    for (let number = 1; number <= count; number++) {
      hub.emit({ type: 'task_text', task_key: 'k', text: `${number} ${'x'.repeat(random.int(0, 2_000))}` })
      if (number % 8 === 0) await sleep(1)
    }
  })()
  const got: StreamEvent[] = []
  let after = 'run-0'
  let cuts = 0
  while (got.length < count) {
    const byHeader = random.int(0, 1) === 0
    const answer = byHeader
      ? await opened(port, '/api/events?kinds=text&after=run-0', { 'last-event-id': after })
      : await opened(port, `/api/events?kinds=text,tasks&after=${after}`)
    let left = random.int(0, 30_000)
    answer.on('error', () => {})
    const cut = async function* () {
      for await (const piece of answer) {
        yield piece.subarray(0, left)
        left -= piece.length
        if (left <= 0) return answer.destroy()
      }
    }
    for await (const data of eventData(cut())) {
      const event: StreamEvent = JSON.parse(data)
      got.push(event)
      after = event.id
      if (got.length === count) break
    }
    cuts += 1
  }
  await emitting
  expect(
    got.map((event) => event.type === 'task_text' && Number.parseInt(event.text, 10)),
    `seed ${seed}, ${cuts} connections`,
  ).toEqual(Array.from({ length: count }, (_, at) => at + 1))
})

it('a client gets only the kinds that it asks for, each event with its id and type', async () => {
  const hub = eventHub(silentLog, () => 7, { run: 'run' })
  hub.emit({ type: 'peer_seen', agent: 'a', name: 'nas' })
  hub.emit({ type: 'task_note', task_key: 'k', text: 'it waits' })
  const answer = await opened(await served(hub), '/api/events?kinds=tasks,tasks')
  let text = ''
  for await (const piece of answer) {
    text += piece
    if (text.includes('waits')) break
  }
  const data = { id: 'run-2', at: 7, type: 'task_note', task_key: 'k', text: 'it waits' }
  expect(text).toBe(`: hello\n\nid: run-2\nevent: task_note\ndata: ${JSON.stringify(data)}\n\n`)
})

it.each(['kinds=tasks,unknown', 'kinds=', 'since=run-1'])('a stream with ?%s is refused', async (query) => {
  const answer = await opened(await served(eventHub(silentLog, () => 7)), `/api/events?${query}`)
  answer.resume()
  expect(answer.statusCode).toBe(400)
})

it('a reader that falls too far behind is cut off', async () => {
  const hub = eventHub(silentLog, () => 7)
  const answer = await opened(await served(hub))
  answer.pause()
  const piece = { type: 'task_text', task_key: 'k', text: 'x'.repeat(65_536) } as const
  const told = 1_000
  for (let i = 0; i < told; i++) hub.emit(piece)
  let got = 0
  answer.on('data', (bytes: Buffer) => {
    got += bytes.length
  })
  await new Promise((resolve) => answer.on('error', resolve).on('close', resolve))
  expect(got).toBeLessThan((told * piece.text.length) / 2)
})

it('a client that returns gets all kept events without being cut off', async () => {
  const hub = eventHub(silentLog, () => 7)
  const text = 'x'.repeat(60_000)
  for (let i = 0; i < 40; i++) {
    hub.emit({ type: 'task_text', task_key: 'k', text })
    hub.emit({ type: 'task_note', task_key: 'k', text })
    hub.emit({ type: 'model_note', text })
    hub.emit({ type: 'conductor_unconnected', detail: text })
    hub.emit({ type: 'policy_warned', detail: text })
    hub.emit({ type: 'peer_seen', agent: text, name: '' })
  }
  hub.emit({ type: 'task_note', task_key: 'k', text: 'the last' })
  expect(eventKinds.length * limits.events_kept_bytes_max).toBeLessThan(limits.event_stream_bytes_max)
  const answer = await opened(await served(hub))
  let tail = ''
  for await (const bytes of answer) {
    tail = `${tail}${bytes}`.slice(-200)
    if (tail.includes('the last')) return
  }
  expect.fail('the stream ended')
})
