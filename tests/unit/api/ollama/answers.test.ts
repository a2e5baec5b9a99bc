/** Tests the answers of Ollama's API: lines and whole ones, tools, scores, models and errors. */
import { describe, expect, it } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { inPieces, StandInInference, untilAborted, usualEnd } from '../openai-stand-in.ts'
import { serveOllama } from './stub-ollama.ts'

const model = 'SmolLM2-135M-Instruct'
const chat = { model, messages: [{ role: 'user', content: 'Hi' }] }
const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const callText = '{"tool_calls": [{"name": "weather", "arguments": {"city": "Bern"}}]}'
const vectors = JSON.stringify({ vectors: [Buffer.from(Float32Array.of(1, 0).buffer).toString('base64')] })

/** A stand-in that answers with this text. */
const saying = (text: string, ...pieces: string[]) =>
  new StandInInference(() => ({
    end: { text },
    ...(pieces.length > 0 ? { pieces: () => inPieces(...pieces) } : {}),
  }))

describe('a chat', () => {
  it('a chat is streamed as lines of JSON, unless it asks for the whole answer', async () => {
    const { post } = await serveOllama()
    const { headers, lines } = await post('/api/chat', chat)
    expect(headers.get('content-type')).toBe('application/x-ndjson')
    expect(lines.map(({ message, done }) => [message, done])).toEqual([
      [{ role: 'assistant', content: 'Hello' }, false],
      [{ role: 'assistant', content: ' world' }, false],
      [{ role: 'assistant', content: '' }, true],
    ])
    expect(lines.at(-1)).toMatchObject({
      ...{ model, done_reason: 'stop', prompt_eval_count: 7, eval_count: 2 },
      ripple: { receipt: usualEnd.receipt, ignored: [] },
    })
  })

  it('a whole answer has the counts, the receipt in its header, and no duration that nobody measured', async () => {
    const { post } = await serveOllama()
    const { headers, lines } = await post('/api/chat', { ...chat, stream: false })
    expect(lines).toMatchObject([{ message: { content: 'Hello world' }, done: true, eval_count: 2 }])
    expect(lines[0]).toHaveProperty('total_duration', expect.any(Number))
    for (const name of ['load_duration', 'prompt_eval_duration', 'eval_duration'])
      expect(lines[0]).not.toHaveProperty(name)
    expect(headers.get('x-ripple-receipt')).toBe(usualEnd.receipt)
  })

  it('an answer that was cut says so, and a provider that counts nothing leaves the counts out', async () => {
    const inference = new StandInInference(() => ({ end: { finish: 'length', usage: null } }))
    const { lines } = await (await serveOllama(inference)).post('/api/chat', chat)
    expect(lines.at(-1)).toHaveProperty('done_reason', 'length')
    expect(lines.at(-1)).not.toHaveProperty('eval_count')
  })

  it.each([false, true])('a call has its arguments as an object (stream: %s)', async (stream) => {
    const { post } = await serveOllama(saying(callText, callText))
    const { lines } = await post('/api/chat', { ...chat, tools: [weather], stream })
    const tool_calls = [{ function: { name: 'weather', arguments: { city: 'Bern' } } }]
    expect(lines[0]).toMatchObject({ message: { content: '', tool_calls } })
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' })
  })

  it.each([false, true])('log probabilities come with their text (stream: %s)', async (stream) => {
    const scored = JSON.stringify({ prompt: [], text: 'Hi', answer: [['Hi', -0.5, [['Hi', -0.5]]]] })
    const { post } = await serveOllama(saying(scored, scored))
    const { lines } = await post('/api/chat', { ...chat, logprobs: true, top_logprobs: 1, stream })
    expect(lines[0]).toMatchObject({ message: { content: 'Hi' }, logprobs: [{ token: 'Hi', logprob: -0.5 }] })
  })

  it('a chat without a question names the model, and loads nothing', async () => {
    const { post, inference } = await serveOllama()
    const { lines } = await post('/api/chat', { model: `${model}:latest`, messages: [] })
    expect(lines).toMatchObject([{ model, message: { content: '' }, done: true, done_reason: 'load' }])
    const freed = await post('/api/generate', { model, keep_alive: '0s' })
    expect(freed.lines).toMatchObject([{ response: '', done_reason: 'unload' }])
    expect((await post('/api/generate', { model: 'llama3.2' })).status).toBe(404)
    expect(inference.asked).toEqual([])
  })

  it('a client that leaves ends the run', async () => {
    const { url, inference } = await serveOllama(
      new StandInInference(() => ({ pieces: (signal) => untilAborted(signal) })),
    )
    const leave = new AbortController()
    const answer = await fetch(`${url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat),
      signal: leave.signal,
    })
    await answer.body?.getReader().read()
    const ended = new Promise((resolve) => inference.signals[0]?.addEventListener('abort', resolve))
    leave.abort()
    await ended
  })
})

describe('a prompt', () => {
  it('a prompt is answered in `response`, whole and in lines', async () => {
    const { post } = await serveOllama()
    const { lines } = await post('/api/generate', { model, prompt: 'Hi' })
    expect(lines.map(({ response }) => response)).toEqual(['Hello', ' world', ''])
    const whole = await post('/api/generate', { model, prompt: 'Hi', stream: false })
    expect(whole.lines).toMatchObject([{ response: 'Hello world', done: true, done_reason: 'stop' }])
  })

  it('texts are embedded, also by the older route', async () => {
    const { post } = await serveOllama(saying(vectors))
    const { lines } = await post('/api/embed', { model, input: 'a', truncate: true })
    expect(lines).toMatchObject([
      { model, embeddings: [[1, 0]], prompt_eval_count: 7, ripple: { ignored: ['truncate'] } },
    ])
    expect((await post('/api/embeddings', { model, prompt: 'a' })).lines).toMatchObject([
      { embedding: [1, 0] },
    ])
  })
})

describe('a model', () => {
  it('the models are listed with what is known of them', async () => {
    const { url } = await serveOllama()
    const { models } = (await (await fetch(`${url}/api/tags`)).json()) as { models: object[] }
    expect(models).toMatchObject([
      { name: model, model, size: 1_234, digest: 'ab'.repeat(32), details: { format: 'gguf' } },
      { name: `peer:uhCAkone/${model}` },
      { name: 'ripple/auto', size: 0, digest: '' },
      { name: 'upstream:lan/gpt 4?' },
    ])
    const loaded = (await (await fetch(`${url}/api/ps`)).json()) as { models: object[] }
    expect(loaded.models).toMatchObject([{ name: model }])
  })

  it.each(['model', 'name'])(
    'a model is shown by `%s`, with the context that clients look for',
    async (field) => {
      const { post } = await serveOllama()
      expect((await post('/api/show', { [field]: `${model}:latest` })).lines).toMatchObject([
        {
          license: 'Apache-2.0',
          model_info: { 'general.architecture': 'ripple', 'ripple.context_length': 8_192 },
          capabilities: ['completion', 'tools'],
          ripple: { at: [{ name: 'nas', loaded: true }] },
        },
      ])
      expect((await post('/api/show', {})).status).toBe(400)
      expect((await post('/api/show', { [field]: 'llama3.2' })).status).toBe(404)
    },
  )

  it('the server is found as Ollama, by GET and HEAD', async () => {
    const { url } = await serveOllama()
    expect(await (await fetch(url)).text()).toBe('Ollama is running')
    for (const path of ['/', '/api/tags', '/api/version'])
      expect((await fetch(`${url}${path}`, { method: 'HEAD' })).status).toBe(200)
    expect(await (await fetch(`${url}/api/version`)).json()).toHaveProperty('version')
  })

  it.each([
    ['POST', '/api/pull', 501, 'RIPPLE_OLLAMA_UNSUPPORTED'],
    ['POST', '/api/push', 501, 'RIPPLE_OLLAMA_UNSUPPORTED'],
    ['POST', '/api/create', 501, 'RIPPLE_OLLAMA_UNSUPPORTED'],
    ['POST', '/api/copy', 501, 'RIPPLE_OLLAMA_UNSUPPORTED'],
    ['DELETE', '/api/delete', 501, 'RIPPLE_OLLAMA_UNSUPPORTED'],
    ['POST', '/api/nothing', 404, 'RIPPLE_ROUTE_UNKNOWN'],
    ['POST', '/v1/chat/completions', 404, 'RIPPLE_ROUTE_UNKNOWN'],
    ['DELETE', '/api/chat', 405, 'RIPPLE_METHOD_UNKNOWN'],
  ])('%s %s is answered %i in the form of Ollama', async (method, path, status, ripple_code) => {
    const { url } = await serveOllama()
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify({ model }) })
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: expect.any(String), ripple_code, hint: expect.any(String), facts: expect.any(Object) },
    ])
  })
})

describe('a failure', () => {
  it('a failure before the first piece is an HTTP error', async () => {
    const refusal = new RippleError('RIPPLE_BUSY', { what: 'it', max: 1, retry_after_s: 3 })
    const { post } = await serveOllama(
      new StandInInference(() => {
        throw refusal
      }),
    )
    const { status, headers, lines } = await post('/api/chat', chat)
    expect([status, headers.get('retry-after')]).toEqual([429, '3'])
    expect(lines).toMatchObject([{ error: expect.stringContaining('limit'), ripple_code: 'RIPPLE_BUSY' }])
  })

  it('a failure after the first piece is the last line', async () => {
    const { post } = await serveOllama(
      new StandInInference(() => ({
        pieces: async function* () {
          yield { type: 'text', text: 'Hel' }
          throw new RippleError('RIPPLE_TIMEOUT', { what: 'the task', ms: 5 })
        },
      })),
    )
    const { status, lines } = await post('/api/chat', chat)
    expect([status, lines.length]).toEqual([200, 2])
    expect(lines[1]).toMatchObject({ error: expect.stringContaining('5 ms'), ripple_code: 'RIPPLE_TIMEOUT' })
  })
})
