import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../../host/config/secrets.ts'
import { type OpenAiConfig, upstreamSection } from '../../../host/config/upstream.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import { openAiProvider } from '../../../host/providers/openai.ts'
import type { ProviderRequest } from '../../../host/providers/port.ts'
import {
  answerWith,
  beginStream,
  delta,
  event,
  type ProviderServer,
  serveProvider,
} from './provider-server.ts'
import { request } from './requests.ts'

const KEY = 'k-1234567890-not-real'
const never = new AbortController().signal

function configOf(url: string, changes: object = {}): OpenAiConfig {
  const given = { name: 'acme', kind: 'openai', base_url: url, models: ['small'], key: 'acme', ...changes }
  const [config] = upstreamSection.parse({ providers: [given] }).providers
  if (config?.kind !== 'openai') throw new TypeError('not a provider over HTTP')
  return config
}

interface Asking {
  readonly request?: Partial<ProviderRequest>
  readonly config?: object
  readonly key?: Secret | null
  readonly silenceMs?: number
  readonly signal?: AbortSignal
  readonly onText?: (text: string) => void
}

function ask(server: Pick<ProviderServer, 'url'>, asking: Asking = {}) {
  const { key = new Secret(KEY), silenceMs = limits.upstream_silence_ms } = asking
  const upstream = openAiProvider(configOf(server.url, asking.config), { key: async () => key, silenceMs })
  return upstream.ask(request(asking.request), asking.onText ?? (() => {}), asking.signal ?? never)
}

/** The error that asking ends with. */
async function refusal(server: Pick<ProviderServer, 'url'>, asking: Asking = {}): Promise<RippleError> {
  const thrown = await ask(server, asking).then(
    () => null,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(RippleError)
  expect(JSON.stringify(thrown)).not.toContain(KEY)
  return thrown as RippleError
}

describe('a provider over HTTP', () => {
  it('a provider over HTTP streams its answer and its cost', async () => {
    await using server = await serveProvider(answerWith('The ', 'Rhi', 'ne.'))
    const pieces: string[] = []
    const answer = await ask(server, { onText: (text) => pieces.push(text) })
    expect(pieces).toEqual(['The ', 'Rhi', 'ne.'])
    expect(answer).toEqual({
      text: 'The Rhine.',
      finish: 'stop',
      tool_calls: [],
      bytes_beside: 0,
      usage: { tokens_in: 11, tokens_out: 3 },
    })
    expect(server.heard[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('a provider is asked in its own field names', async () => {
    await using server = await serveProvider(answerWith('ok'))
    await ask(server, {
      config: { max_tokens_field: 'max_completion_tokens' },
      request: {
        input: {
          type: 'chat',
          messages: [
            { role: 'system', content: 'Be brief.', tool_calls: [], tool_call_id: null },
            {
              role: 'assistant',
              content: '',
              tool_calls: [{ id: 'c1', name: 'depth', arguments: '{"of":"Rhine"}' }],
              tool_call_id: null,
            },
            { role: 'tool', content: '25 m', tool_calls: [], tool_call_id: 'c1' },
          ],
          tools: [{ name: 'depth', description: 'How deep', parameters: { type: 'object' } }],
          tool_choice: { name: 'depth' },
        },
        format: { type: 'schema', schema: { type: 'object' } },
        stop: ['END'],
        seed: 7,
        temperature_milli: 700,
        top_p_milli: 900,
        penalties: { frequency_milli: 500, presence_milli: -250 },
      },
    })
    expect(server.heard[0]?.path).toBe('/v1/chat/completions')
    expect(server.heard[0]?.body).toEqual({
      model: 'small',
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 64,
      temperature: 0.7,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
      frequency_penalty: 0.5,
      presence_penalty: -0.25,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'depth', arguments: '{"of":"Rhine"}' } },
          ],
        },
        { role: 'tool', content: '25 m', tool_call_id: 'c1' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'depth', description: 'How deep', parameters: { type: 'object' } },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'depth' } },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
      },
    })
  })

  it('a provider gets no default temperature, and no sampling fields that it refuses', async () => {
    await using server = await serveProvider(answerWith('ok'))
    const penalties = { frequency_milli: 500, presence_milli: -250 }
    const asked = { temperature_milli: 700, top_p_milli: 900, seed: 7, penalties, stop: ['END'] }
    await ask(server, { request: { temperature_milli: 1_000 } })
    await ask(server, { request: { temperature_milli: 0 } })
    await ask(server, { config: { sampling: false }, request: asked })
    const always = ['max_tokens', 'messages', 'model', 'stream', 'stream_options']
    expect(server.heard.map(({ body }) => Object.keys(body).toSorted())).toEqual([
      always,
      [...always, 'temperature'],
      [...always.slice(0, 3), 'stop', ...always.slice(3)],
    ])
  })

  it('a provider continues a text on the completions route, without a key if it has none', async () => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.write(event({ choices: [{ index: 0, text: ' there', finish_reason: null }] }))
      response.end(event({ choices: [{ index: 0, text: '!', finish_reason: 'length' }] }))
    })
    const input = { type: 'text', text: 'Hello', template: 'none' } as const
    const answer = await ask(server, { request: { input }, key: null })
    expect(answer).toMatchObject({ text: ' there!', finish: 'length', usage: null })
    expect(server.heard[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'Hello', max_tokens: 64 },
    })
    expect(server.heard[0]?.headers.authorization).toBeUndefined()
  })

  it("a provider's tool calls are joined from their pieces", async () => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      const call = (part: object) => response.write(delta({ tool_calls: [part] }))
      call({ index: 0, id: 'a', function: { name: 'depth', arguments: '' } })
      call({ index: 0, function: { arguments: '{"of":' } })
      call({ index: 1, id: 'b', function: { name: 'length', arguments: '{}' } })
      call({ index: 0, function: { arguments: '"Rhine"}' } })
      response.end(delta({}, 'tool_calls') + event('[DONE]'))
    })
    expect((await ask(server)).tool_calls).toEqual([
      { id: 'a', name: 'depth', arguments: '{"of":"Rhine"}' },
      { id: 'b', name: 'length', arguments: '{}' },
    ])
  })

  it('a provider may answer in one piece', async () => {
    await using server = await serveProvider((response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      const usage = { prompt_tokens: 1, completion_tokens: 2 }
      response.end(
        JSON.stringify({ choices: [{ message: { content: 'Ebro' }, finish_reason: 'stop' }], usage }),
      )
    })
    expect(await ask(server)).toMatchObject({ text: 'Ebro', usage: { tokens_in: 1, tokens_out: 2 } })
  })

  test.each([
    [limits.upstream_usage_tokens_max, { tokens_in: limits.upstream_usage_tokens_max, tokens_out: 2 }],
    [limits.upstream_usage_tokens_max + 1, null],
    [Number.MAX_SAFE_INTEGER, null],
    [1e300, null],
  ])("a provider's usage of %d tokens is believed or dropped", async (prompt_tokens, usage) => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.end(delta({ content: 'Po' }, 'stop', { usage: { prompt_tokens, completion_tokens: 2 } }))
    })
    expect(await ask(server)).toMatchObject({ text: 'Po', usage })
  })

  it("a provider's stream may be cut anywhere", async () => {
    await using server = await serveProvider(async (response) => {
      beginStream(response)
      const half = (escaped: string) =>
        `data: {"choices":[{"delta":{"content":"${escaped}"},"finish_reason":null}]}\r\n\r\n`
      const all = `: comment\n${delta({ content: 'Žluťoučký ' })}${half('\\ud83d')}${half('\\ude00!')}${half('\\ud83d')}`
      for (const byte of Buffer.from(`${all}${delta({}, 'stop')}`)) {
        response.write(Buffer.from([byte]))
        if (byte === 0x0a) await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    const pieces: string[] = []
    const answer = await ask(server, { onText: (text) => pieces.push(text) })
    expect(answer.text).toBe('Žluťoučký 😀!\ufffd')
    expect(pieces.join('')).toBe(answer.text)
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
  })

  it("a provider's connection is closed once it is done", async () => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.write(delta({ content: 'Nile' }, 'stop') + event('[DONE]') + delta({ content: 'never read' }))
    })
    expect((await ask(server)).text).toBe('Nile')
    await server.closed
  })
})

/** One whole answer of a server that does not stream. */
const whole = (choice: object, more: object = {}): string => JSON.stringify({ choices: [choice], ...more })
const lookUp = { id: 'a', name: 'depth', arguments: '{"of":"Rhine"}' }

describe("a provider that deviates from OpenAI's documents", () => {
  const answering = (body: string, type = 'text/event-stream') =>
    serveProvider((response) => {
      response.writeHead(200, { 'content-type': type })
      response.end(body)
    })
  const done = event('[DONE]')
  const piece = delta({ content: 'Rhine' }, 'stop')

  test.each<[string, unknown, { tokens_in: number; tokens_out: number } | null]>([
    ['an empty usage', {}, null],
    ['no usage', undefined, null],
    ['the usage null', null, null],
    ['half of the usage', { prompt_tokens: 11 }, null],
    ['a null in the usage', { prompt_tokens: 11, completion_tokens: null, total_tokens: 11 }, null],
    ['a text for the usage', 'unknown', null],
    ['a negative count', { prompt_tokens: -1, completion_tokens: 3 }, null],
    ['counts that are no numbers', { prompt_tokens: 'many', completion_tokens: [] }, null],
    ['counts as texts', { prompt_tokens: '11', completion_tokens: '3' }, { tokens_in: 11, tokens_out: 3 }],
    [
      'counts with more beside',
      { prompt_tokens: 11, completion_tokens: 3, prompt_tokens_details: null, cost: 0.1 },
      { tokens_in: 11, tokens_out: 3 },
    ],
  ])(
    'a provider answers with its text though it gives %s, streamed or whole',
    async (_what, given, usage) => {
      const choice = { message: { content: 'Rhine' }, finish_reason: 'stop' }
      await using stream = await answering(delta({ content: 'Rhine' }, 'stop', { usage: given }) + done)
      await using document = await answering(whole(choice, { usage: given }), 'application/json')
      const answers = await Promise.all([ask(stream), ask(document)])
      expect(answers).toMatchObject(Array(2).fill({ text: 'Rhine', finish: 'stop', usage }))
    },
  )

  it('a usage split over the first and last event counts', async () => {
    const [first, last] = [{ prompt_tokens: 11, completion_tokens: null }, { completion_tokens: 3 }]
    const body =
      delta({ content: 'Rhine' }, null, { usage: first }) + delta({}, 'stop', { usage: last }) + done
    await using server = await answering(body)
    expect(await ask(server)).toMatchObject({ text: 'Rhine', usage: { tokens_in: 11, tokens_out: 3 } })
  })

  const parts = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
    { type: 'text', text: 'Rh' },
    { type: 'image_url', image_url: {} },
    'ine',
  ]
  const one = { function: { name: 'depth', arguments: { of: 'Rhine' } } }
  test.each<[string, object, object]>([
    ['content in parts', { content: parts }, { text: 'Rhine' }],
    ['content null and a refusal', { content: null, refusal: 'Rhine' }, { text: 'Rhine' }],
    [
      'content null and its thoughts',
      { content: null, reasoning_content: 'Hm.' },
      { text: '', bytes_beside: 3 },
    ],
    ['its thoughts as a list', { content: 'Rhine', reasoning: [{ text: 'Hm.' }] }, { text: 'Rhine' }],
    ['no calls as null', { content: 'Rhine', tool_calls: null }, { text: 'Rhine', tool_calls: [] }],
    ['no calls as an object', { content: 'Rhine', tool_calls: {} }, { text: 'Rhine', tool_calls: [] }],
    ['an empty call', { content: 'Rhine', tool_calls: [{}, null] }, { text: 'Rhine', tool_calls: [] }],
    [
      'arguments as an object',
      { content: null, tool_calls: [{ id: 'a', ...one }] },
      { tool_calls: [lookUp] },
    ],
    ['a call without id and index', { tool_calls: [one] }, { tool_calls: [{ ...lookUp, id: 'call_0' }] }],
    [
      'the older form of a call',
      { function_call: one.function },
      { tool_calls: [{ ...lookUp, id: 'call_0' }] },
    ],
    [
      'a call without arguments',
      { tool_calls: [{ index: 3, id: 'a', function: { name: 'depth' } }] },
      { tool_calls: [{ ...lookUp, arguments: '{}' }] },
    ],
    ['an unknown role and more beside', { role: 7, content: 'Rhine', audio: null, x: {} }, { text: 'Rhine' }],
  ])('a provider answers with %s, streamed or whole', async (_what, said, expected) => {
    await using stream = await answering(delta(said) + delta({}, 'stop') + done)
    await using document = await answering(
      whole({ message: said, finish_reason: 'stop' }),
      'application/json',
    )
    const answers = await Promise.all([ask(stream), ask(document)])
    expect(answers).toMatchObject([expected, expected])
  })

  it('tool calls without an index are kept apart by their ids', async () => {
    const second = { id: 'b', name: 'length', arguments: '{}' }
    const call = ({ id, name, arguments: given }: typeof second) =>
      delta({ tool_calls: [{ id, function: { name, arguments: given } }] })
    await using apart = await answering(call(lookUp) + call(second) + done)
    expect((await ask(apart)).tool_calls).toEqual([lookUp, second])
    const more = (given: string) => delta({ tool_calls: [{ function: { arguments: given } }] })
    await using pieces = await answering(
      call({ ...lookUp, arguments: '' }) + more('{"of":') + more('"Rhine"}') + done,
    )
    expect((await ask(pieces)).tool_calls).toEqual([lookUp])
  })

  it('a tool call keeps its name if each piece repeats it', async () => {
    const call = (given: unknown) =>
      delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'depth', arguments: given } }] })
    await using server = await answering(call({}) + call('{"of":') + call('"Rhine"}') + done)
    expect((await ask(server)).tool_calls).toEqual([lookUp])
  })

  test.each<[string, string, string?]>([
    ['comments and empty events between', `: wait\n\ndata:\n\n${piece}: bye\n\n`],
    ['lines that end with CR and LF', `${piece}${done}`.replaceAll('\n', '\r\n')],
    ['no last word', piece],
    ['no reason for its end', delta({ content: 'Rhine' }) + done],
    ['a reason that is none of the known', delta({ content: 'Rhine' }, 'eos_token')],
    [
      'a reason that is no text',
      event({ choices: [{ delta: { content: 'Rhine' }, finish_reason: 1 }] }) + done,
    ],
    ['a choice without an index', event({ choices: [{ delta: { content: 'Rhine' } }] }) + done],
    ['empty choices', event({ choices: [null] }) + event({ choices: null }) + piece],
    ['an error that is none', delta({ content: 'Rhine' }, 'stop', { error: {} })],
    ['a stream labelled as JSON', piece + done, 'application/json'],
    [
      'a document labelled as a stream',
      `\n${whole({ message: { content: 'Rhine' }, finish_reason: 'stop' })}`,
    ],
    ['a document without a reason for its end', whole({ message: { content: 'Rhine' } }), 'application/json'],
    ['a document without a label', whole({ message: { content: 'Rhine' }, finish_reason: null }), ''],
    ['counts of time as texts', delta({ content: 'Rhine' }, 'stop', { id: 7, created: '170', object: null })],
  ])("a provider's answer with %s is read", async (_what, body, type) => {
    await using server = await answering(body, type)
    expect(await ask(server)).toMatchObject({ text: 'Rhine', finish: 'stop', tool_calls: [] })
  })

  test.each(['length', 'MAX_TOKENS', 'model_length'])(
    'an answer with the reason %s is cut off',
    async (reason) => {
      await using server = await answering(delta({ content: 'Rhine' }, reason) + done)
      expect(await ask(server)).toMatchObject({ text: 'Rhine', finish: 'length' })
    },
  )
})

describe('the status of a refusal', () => {
  const refusing = (status: number, body: string, headers: Record<string, string> = {}) =>
    serveProvider((response) => {
      response.writeHead(status, headers)
      response.end(body)
    })

  test.each([
    [401, 'RIPPLE_UPSTREAM_KEY'],
    [403, 'RIPPLE_UPSTREAM_KEY'],
    [404, 'RIPPLE_UPSTREAM_MODEL'],
    [400, 'RIPPLE_UPSTREAM_FAILED'],
    [500, 'RIPPLE_UPSTREAM_FAILED'],
    [503, 'RIPPLE_UPSTREAM_FAILED'],
  ])("the status %i becomes %s, with the provider's words", async (status, code) => {
    await using server = await refusing(status, JSON.stringify({ error: { message: 'Why it is so.' } }))
    const error = await refusal(server)
    expect(error.code).toBe(code)
    expect(error.message).toContain(`status ${status}, Why it is so.`)
    if (code === 'RIPPLE_UPSTREAM_FAILED') expect(error.facts.ran).toBe(status < 500 ? false : undefined)
  })

  test.each([
    ['7', 7],
    ['0.2', 1],
    ['999999', limits.upstream_retry_after_s_max],
    ['soon', limits.busy_retry_after_s],
    [undefined, limits.busy_retry_after_s],
    [new Date(0).toUTCString(), 1],
  ])('status 429 with Retry-After %s gives a retry time of %i s', async (header, seconds) => {
    await using server = await refusing(429, '', header === undefined ? {} : { 'retry-after': header })
    const error = await refusal(server)
    expect([error.code, error.facts.retry_after_s]).toEqual(['RIPPLE_UPSTREAM_BUSY', seconds])
  })

  it('a Retry-After header may name a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString()
    await using server = await refusing(429, 'slow down', { 'retry-after': date })
    const seconds = Number((await refusal(server)).facts.retry_after_s)
    expect(seconds).toBeGreaterThan(50)
    expect(seconds).toBeLessThanOrEqual(60)
  })

  it('a refusal repeats neither the key nor control characters nor endless text', async () => {
    const said = `Incorrect key: ${KEY}\u001b[2J\n\n${'x'.repeat(4_000)}`
    await using server = await refusing(401, JSON.stringify({ error: { message: said } }))
    const { message } = await refusal(server)
    expect(message).toContain('Incorrect key: [own secret] [2J xxx')
    expect(message.length).toBeLessThan(limits.upstream_words_max + 100)
  })

  it('an endless refusal is read only up to its bound', async () => {
    await using server = await serveProvider((response) => {
      response.writeHead(500)
      const more = () => {
        while (response.write('y'.repeat(65_536)));
        response.once('drain', more)
      }
      more()
    })
    expect((await refusal(server)).code).toBe('RIPPLE_UPSTREAM_FAILED')
    await server.closed
  })

  it('a redirect is not followed, so neither key nor prompt reach another host', async () => {
    await using other = await serveProvider(answerWith('mine now'))
    await using server = await refusing(307, '', { location: `${other.url}/chat/completions` })
    expect((await refusal(server)).code).toBe('RIPPLE_UPSTREAM_FAILED')
    expect(other.heard).toEqual([])
  })
})

describe('a failed answer', () => {
  const streaming = (...parts: (string | Buffer)[]) =>
    serveProvider((response) => {
      beginStream(response)
      for (const part of parts) response.write(part)
      response.end()
    })

  test.each<[string, (string | Buffer)[], string]>([
    ['nothing', [], 'cut off'],
    ['a stream without its end', [delta({ content: 'Half' })], 'cut off'],
    ['malformed JSON', [event('{"choices":[')], 'no answer'],
    ['JSON of another kind', [event({ choices: 'many' })], 'no answer'],
    ['a page', ['<!doctype html><p>Hello'], 'cut off'],
    ['bytes', [Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a, 0x0a])], 'not UTF-8'],
    ['half a character', [Buffer.from('data: "ž').subarray(0, -1)], 'not UTF-8'],
    ['an error event', [event({ error: { message: 'overloaded' } })], 'overloaded'],
    ['an error event with a text', [event({ error: 'overloaded' })], 'overloaded'],
    ['cut by its filter', [delta({ content: 'I' }, 'content_filter')], 'filter'],
    [
      'a call without a name',
      [delta({ tool_calls: [{ index: 0, id: 'a' }] }, 'tool_calls')],
      'without a name',
    ],
    [
      'too many calls',
      [delta({ tool_calls: Array(limits.chat_tools_max + 1).fill({ function: { name: 'f' } }) }, 'stop')],
      'functions',
    ],
    ['an empty document', ['{}'], 'no answer'],
    ['an error event without words', [event({ error: { code: 502, message: null } })], 'ended with an error'],
  ])("a provider's answer fails if it is %s", async (_what, parts, words) => {
    await using server = await streaming(...parts)
    const error = await refusal(server)
    expect([error.code, error.message.includes(words) ? words : error.message]).toEqual([
      'RIPPLE_UPSTREAM_FAILED',
      words,
    ])
  })

  it('a connection cut in mid-answer fails', async () => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.write(delta({ content: 'Half' }), () => response.destroy())
    })
    expect((await refusal(server)).code).toBe('RIPPLE_UPSTREAM_FAILED')
  })

  it('an unreachable server fails as not having run', async () => {
    const server = await serveProvider(() => {})
    await server[Symbol.asyncDispose]()
    const error = await refusal(server)
    expect(error.code).toBe('RIPPLE_UPSTREAM_FAILED')
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.facts.ran).toBe(false)
  })

  const endless = (part: string) =>
    serveProvider((response) => {
      beginStream(response)
      const more = () => {
        while (!response.destroyed && response.write(part));
        response.once('drain', more)
      }
      more()
    })

  test.each([
    ['text', delta({ content: 'z'.repeat(60_000) }), 'longer than'],
    [
      'arguments',
      delta({ tool_calls: [{ index: 0, function: { arguments: 'z'.repeat(60_000) } }] }),
      'longer than',
    ],
    ['a line', 'data: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'.repeat(1_000), 'no end'],
    ['empty events', delta({}).repeat(500), 'it sent more than'],
    ['comments', ': still here\n'.repeat(4_000), 'it sent more than'],
  ])('endless %s from a provider ends at a bound', async (_what, part, words) => {
    await using server = await endless(part)
    expect((await refusal(server)).message).toContain(words)
    await server.closed
  })
})

describe('time', () => {
  const silent = () => serveProvider(() => {})

  it('a provider that says nothing is given up', async () => {
    await using server = await silent()
    const error = await refusal(server, { silenceMs: 60 })
    expect([error.code, error.message]).toEqual([
      'RIPPLE_TIMEOUT',
      'the next word of acme took longer than 60 ms',
    ])
    await server.closed
  })

  it('a provider that falls silent or never ends is given up', async () => {
    await using stuck = await serveProvider((response) => {
      beginStream(response)
      response.write(delta({ content: 'Well' }))
    })
    expect((await refusal(stuck, { silenceMs: 60 })).code).toBe('RIPPLE_TIMEOUT')
    await using slow = await serveProvider((response) => {
      beginStream(response)
      const timer = setInterval(() => response.write(delta({ content: '.' })), 20)
      response.on('close', () => clearInterval(timer))
    })
    const error = await refusal(slow, { config: { timeout_ms: 1_000 }, silenceMs: 900 })
    expect(error.message).toBe('the answer of acme took longer than 1000 ms')
    await slow.closed
  })

  it('a caller that leaves ends the request', async () => {
    await using server = await serveProvider((response) => {
      beginStream(response)
      response.write(delta({ content: 'Well' }))
    })
    const caller = new AbortController()
    const gone = new RippleError('RIPPLE_INTERRUPTED')
    const asked = ask(server, { signal: caller.signal, onText: () => caller.abort(gone) })
    await expect(asked).rejects.toBe(gone)
    await server.closed
  })

  it('a caller that has left sends nothing', async () => {
    await using server = await silent()
    await expect(
      ask(server, { signal: AbortSignal.abort(new RippleError('RIPPLE_INTERRUPTED')) }),
    ).rejects.toThrow('interrupted')
    expect(server.heard).toEqual([])
  })
})

test('a key that fits no header is refused without repeating it', async () => {
  await using server = await serveProvider(answerWith('ok'))
  const thrown = await ask(server, { key: new Secret('line\nbreak-secret') }).catch((error) => error)
  expect(thrown.code).toBe('RIPPLE_UPSTREAM_KEY')
  expect(JSON.stringify(thrown)).not.toContain('break-secret')
  expect(server.heard).toEqual([])
})
