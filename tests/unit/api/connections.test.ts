// Tests connections to the API that send nothing, or never finish a request.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Context } from '../../../host/operations/context.ts'
import { routeOf } from '../../../host/operations/registry.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import { listeningApi, token } from './stub-api.ts'

const brief = { head_ms: 200, request_ms: 400, check_ms: 50, strangers_max: 4 } as const

async function brieflyListening(given: Partial<Context> = {}) {
  const api = await listeningApi(given, { bounds: brief })
  onTestFinished(() => api.app.close())
  return api
}

/** Opens a connection and sends something on it. */
async function say(port: number, words: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(words)
  return socket
}

/** Waits until the other side has closed a connection. */
async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
}

const head = (port: number, ...more: string[]) =>
  [`POST /api/page/key HTTP/1.1`, `host: 127.0.0.1:${port}`, 'content-type: application/json', ...more].join(
    '\r\n',
  )

describe('a connection to the API without a token', () => {
  it.each([
    ['sends nothing', () => ''],
    ['never ends the head of its request', (port: number) => `${head(port)}\r\nx-more: `],
    [
      'never ends its body of a known length',
      (port: number) => `${head(port, 'content-length: 100')}\r\n\r\n{"code":`,
    ],
    [
      'never ends its body in chunks',
      (port: number) => `${head(port, 'transfer-encoding: chunked')}\r\n\r\n8\r\n{"code":\r\n`,
    ],
    [
      'never ends the body of a request that was refused',
      (port: number) =>
        `POST /api/status HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 100\r\ncontent-type: application/json\r\n\r\n{`,
    ],
    [
      'never ends the second request that it sends',
      (port: number) => `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\nGET / HTTP/1.1\r\n`,
    ],
  ])('a connection that %s is closed', async (_, words) => {
    const { port } = await brieflyListening()
    await closed(await say(port, words(port)))
  })

  it("a stranger's connection that sends one byte at a time is closed", async () => {
    const { port } = await brieflyListening()
    const socket = await say(port, `${head(port, 'content-length: 10000')}\r\n\r\n{"code":"`)
    const drip = setInterval(() => socket.write('x'), 20)
    await closed(socket)
    clearInterval(drip)
  })

  it('the oldest connection of strangers is closed above their bound', async () => {
    const { port } = await brieflyListening()
    const strangers: Socket[] = []
    for (let count = 0; count < 3 * brief.strangers_max; count++)
      strangers.push(await say(port, 'POST / HTTP/1.1\r\n'))
    const gone = strangers.slice(0, 2 * brief.strangers_max - 1)
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await answer.json()).toEqual({ ok: true })
    await Promise.all(gone.map(closed))
  })
})

describe('a connection to the API with the token', () => {
  it('an authorized connection stays while its answer takes long, however many strangers come', async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<void>()
    const { url, port } = await brieflyListening({
      status: async () => {
        await told
        throw new Error('enough')
      },
    })
    const answer = fetch(`${url}${routeOf('status')}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    for (let count = 0; count < 2 * brief.strangers_max; count++) await say(port, '')
    await sleep(brief.request_ms + 4 * brief.check_ms)
    tell()
    expect((await answer).status).toBe(500)
  })

  it('an authorized connection stays while events stream over it', async () => {
    const hub = eventHub(silentLog, () => 7)
    const { url } = await brieflyListening({ events: hub })
    const answer = await fetch(`${url}/api/events`, { headers: { authorization: `Bearer ${token}` } })
    await sleep(brief.request_ms + 4 * brief.check_ms)
    hub.emit({ type: 'task_note', task_key: 'k', text: 'still here' })
    for await (const piece of answer.body ?? []) if (Buffer.from(piece).includes('still here')) return
    expect.fail('the stream ended')
  })
})
