import { execFile } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { AnswerPiece } from '../../../host/types/answer.ts'
import { type Served, StandInInference, serve, untilAborted, usualEnd } from './openai-stand-in.ts'
import { token } from './stub-api.ts'

/** Shorter than the real ones, because these tests wait for them. */
const shorter = vi.hoisted(() => ({ reader_stall_ms: 1_500, event_ping_ms: 250 }))
vi.mock(import('../../../host/limits.ts'), async (original) => {
  const { limits, ...rest } = await original()
  return { ...rest, limits: Object.assign({}, limits, shorter) }
})

const run = promisify(execFile)
const MIB = 1024 * 1024
const chat = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const routes = [
  ['GET', '/v1/models'],
  ['GET', '/v1/models/ripple/auto'],
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/completions'],
  ['POST', '/v1/embeddings'],
  ['GET', '/v1/nowhere'],
  ['POST', '/v1/responses'],
] as const

/** Asks as a person types it. */
async function curl({ url }: Served, path: string, body: object, ...words: string[]): Promise<string> {
  const headers = ['-H', `authorization: Bearer ${token}`, '-H', 'content-type: application/json']
  const { stdout } = await run('curl', [
    '-sSN',
    `${url}${path}`,
    ...headers,
    ...words,
    '-d',
    JSON.stringify(body),
  ])
  return stdout
}

/** Sends a request on a socket of its own, which reads nothing until it is told to. */
function ask({ port }: Served, body: object, path = '/v1/chat/completions'): Socket {
  const text = JSON.stringify(body)
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  const socket = connect(port, '127.0.0.1').pause()
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`)
  return socket
}

describe('curl', () => {
  it('curl streams a chat whose last event names the receipt', async () => {
    const said = await curl(await serve(), '/v1/chat/completions', { ...chat, stream: true }, '-i')
    expect(said).toMatch(/^x-ripple-task: task-0123456789abcdef\r$/m)
    expect(said).toMatch(/^content-type: text\/event-stream; charset=utf-8\r$/m)
    const data = [...said.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? '')
    expect(data.at(-1)).toBe('[DONE]')
    const chunks = data.slice(0, -1).map((line) => JSON.parse(line))
    expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe('Hello world')
    expect(chunks.at(-1).ripple.receipt).toBe(usualEnd.receipt)
  })

  it('curl gets an error with its status', async () => {
    const refusal = new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'm', nearest: 'n' })
    const inference = new StandInInference(() => {
      throw refusal
    })
    const said = await curl(await serve(inference), '/v1/chat/completions', chat, '-w', ' %{http_code}')
    expect(said.slice(-4)).toBe(' 404')
    expect(JSON.parse(said.slice(0, -4))).toEqual({
      error: {
        message: "no model 'm' is on the mesh; the nearest names: n; all of them: GET /v1/models",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
        ripple_code: 'RIPPLE_MODEL_NOT_FOUND',
        hint: 'the nearest names: n; all of them: GET /v1/models',
        facts: { model: 'm', nearest: 'n' },
      },
    })
  })
})

describe('the guard', () => {
  it.each(routes)('the guard stands before %s %s', async (method, path) => {
    const { url, inference } = await serve()
    const type = { 'content-type': 'application/json' }
    const good = { ...type, authorization: `Bearer ${token}` }
    const tries: [Record<string, string>, number, string][] = [
      [type, 401, 'RIPPLE_UNAUTHORIZED'],
      [{ ...type, authorization: `Bearer ${token}x` }, 401, 'RIPPLE_UNAUTHORIZED'],
      [{ ...good, origin: 'http://evil.example' }, 403, 'RIPPLE_FOREIGN_ORIGIN'],
    ]
    for (const [headers, status, ripple_code] of tries) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(method === 'POST' ? { body: JSON.stringify(chat) } : {}),
      })
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ error: { ripple_code, message: expect.any(String) } })
    }
    expect(inference.asked).toEqual([])
  })
})

describe('a body', () => {
  it.each([
    ['broken JSON', '{"model":', 400],
    ['no JSON object', '[]', 400],
    ['__proto__', '{"model":"m","__proto__":{"a":1}}', 400],
    ['bad UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ['great depth', `{"model":"m","messages":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400],
    ['a million tokens', `{"model":"m","prompt":[${'1,'.repeat(1_000_000)}1]}`, 400],
    ['too many bytes', `{"model":"${'x'.repeat(9 * MIB)}"}`, 413],
  ])('a body of %s is refused', async (_what, body, status) => {
    const { url } = await serve()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/v1/completions`, { method: 'POST', headers, body })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
  })

  it.each([
    ['x-ripple-key', 'short'],
    ['x-ripple-key', 'k'.repeat(65)],
    ['x-ripple-trace', 'two words'],
    ['x-ripple-data-class', 'Public'],
    ['x-ripple-data-class', ''],
    ['x-ripple-target', ' '],
    ['x-ripple-target', 'n'.repeat(257)],
    ['x-ripple-exclude', 'one,,two'],
    ['x-ripple-exclude', Array.from({ length: 17 }, (_, at) => `n${at}`).join()],
  ])('a request with the header %s: %s is refused', async (name, value) => {
    const { url, inference } = await serve()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', [name]: value }
    const body = JSON.stringify(chat)
    const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { param: name } }])
    expect(inference.asked).toEqual([])
  })
})

describe('a silent stream', () => {
  it.each([
    ['/v1/chat/completions', /^: ping$/gm],
    ['/v1/messages', /^event: ping\ndata: {"type":"ping"}$/gm],
  ])('a silent stream of %s sends signs of life and is not cut off', async (path, ping) => {
    const begun = performance.now()
    const inference = new StandInInference(() => ({ pieces: untilAborted }))
    const socket = ask(await serve(inference), { ...chat, stream: true }, path)
    let said = ''
    for await (const piece of socket) {
      said += piece
      if (performance.now() - begun > 3 * shorter.reader_stall_ms) break
    }
    expect(said.match(ping)?.length).toBeGreaterThan(5)
    expect(inference.signals[0]?.aborted).toBe(false)
  })
})

describe('a client that does not read', () => {
  const all = 256 * MIB
  const text = 'x'.repeat(64 * 1024)

  /** Text without end, counted as it is taken. */
  function endless(): { taken: number; pieces: (signal: AbortSignal) => AsyncGenerator<AnswerPiece> } {
    const made = {
      taken: 0,
      pieces: async function* (signal: AbortSignal): AsyncGenerator<AnswerPiece> {
        for (; made.taken < all; made.taken += text.length) {
          signal.throwIfAborted()
          yield { type: 'text', text }
        }
      },
    }
    return made
  }

  it('a client that reads nothing is cut off, costs no memory and holds nobody up', async () => {
    const answer = endless()
    let first = true
    const inference = new StandInInference(() => {
      if (!first) return {}
      first = false
      return { pieces: answer.pieces }
    })
    const served = await serve(inference)
    const socket = ask(served, { ...chat, stream: true })
    await expect.poll(() => answer.taken).toBeGreaterThan(0)
    const other = await served.client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    expect(other.choices[0]?.message.content).toBe('Hello world')
    await expect.poll(() => inference.signals[0]?.aborted, { timeout: 10_000 }).toBe(true)
    expect(inference.signals[0]?.reason).toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    expect(answer.taken).toBeLessThan(all / 4)
    // The client can still read only what its connection held.
    let read = 0
    socket.on('data', (piece: Buffer) => {
      read += piece.length
    })
    await new Promise((resolve) => socket.on('close', resolve).resume())
    expect(read).toBeLessThan(all / 4)
  })

  it('a client that reads too slowly is cut off', async () => {
    const answer = endless()
    const inference = new StandInInference(() => ({ pieces: answer.pieces }))
    const socket = ask(await serve(inference), { ...chat, stream: true })
    let read = 0
    const sip = setInterval(() => {
      read += socket.read(1)?.length ?? 0
    }, 20)
    onTestFinished(() => clearInterval(sip))
    await expect.poll(() => inference.signals[0]?.aborted, { timeout: 10_000 }).toBe(true)
    // A byte makes no room for more on the connection, so the daemon sees that nothing is taken.
    expect(read).toBeGreaterThan(10)
    expect(inference.signals[0]?.reason).toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    expect(answer.taken).toBeLessThan(all / 4)
  })

  it('a client that does not read a whole answer is cut off', async () => {
    const long = 'y'.repeat(64 * MIB)
    const inference = new StandInInference(() => ({ end: { text: long } }))
    const socket = ask(await serve(inference), chat)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await expect.poll(() => inference.signals[0]?.aborted, { timeout: 10_000 }).toBe(true)
    let read = 0
    socket.on('data', (piece: Buffer) => {
      read += piece.length
    })
    socket.resume()
    await closed
    expect(read).toBeLessThan(long.length)
  })

  it('a client reads on after a short pause', async () => {
    const long = 'z'.repeat(16 * MIB)
    const pieces = async function* (): AsyncGenerator<AnswerPiece> {
      for (let at = 0; at < long.length; at += MIB) yield { type: 'text', text: long.slice(at, at + MIB) }
    }
    const inference = new StandInInference(() => ({ pieces, end: { text: long } }))
    const socket = ask(await serve(inference), { ...chat, stream: true })
    let said = 0
    let last = ''
    for await (const piece of socket) {
      said += piece.length
      last = (last + piece).slice(-64)
      if (last.includes('[DONE]')) break
      if (said % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(said).toBeGreaterThan(long.length)
    expect(last).toContain('data: [DONE]')
  })
})
