/** Tests Anthropic's Messages API by its unmodified client. */
import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { AnswerEnd, Ask } from '../../../../host/types/answer.ts'
import { inPieces, meshModels, rippleIn, StandInInference, serve, usualEnd } from '../openai-stand-in.ts'
import { openaiKey } from '../stub-api.ts'

const model = 'SmolLM2-135M-Instruct'
const asked = { model, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hi' }] }
const weather = {
  name: 'weather',
  description: 'Tells the weather.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}
const callText = '{"tool_calls": [{"name": "weather", "arguments": {"city": "Bern"}}]}'
const saidText = '{"content": "It rains."}'

/** A client over a stand-in that answers with this text, in these pieces. */
async function client(end: Partial<AnswerEnd> = {}, pieces: readonly string[] = []) {
  const inference = new StandInInference(() => ({
    end,
    ...(pieces.length > 0 ? { pieces: () => inPieces(...pieces) } : {}),
  }))
  const { url } = await serve(inference)
  return { anthropic: new Anthropic({ baseURL: url, apiKey: openaiKey, maxRetries: 0 }), inference, url }
}

async function rejection(promise: PromiseLike<unknown>): Promise<APIError> {
  const thrown = await Promise.resolve(promise).catch((error: unknown) => error)
  if (!(thrown instanceof APIError)) throw new TypeError(`no error of the API: ${String(thrown)}`)
  return thrown
}

describe('a message by the unmodified client', () => {
  it('a message is answered whole, with its tokens, its task and its receipt', async () => {
    const { anthropic } = await client()
    const { data, response } = await anthropic.messages.create(asked).withResponse()
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Hello world' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 7, output_tokens: 2 },
    })
    expect(rippleIn(data)).toMatchObject({ receipt: usualEnd.receipt, peer: 'uhCAkone', ignored: [] })
    expect(response.headers.get('x-ripple-task')).toBe('task-0123456789abcdef')
  })

  it('a message is streamed in events that the client joins', async () => {
    const { anthropic } = await client()
    const stream = anthropic.messages.stream(asked)
    const types: string[] = []
    stream.on('streamEvent', ({ type }) => types.push(type))
    const message = await stream.finalMessage()
    expect(message.content).toEqual([{ type: 'text', text: 'Hello world' }])
    expect([message.stop_reason, message.usage.input_tokens, message.usage.output_tokens]).toEqual([
      'end_turn',
      7,
      2,
    ])
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      ...['content_block_delta', 'content_block_delta'],
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('a message that was cut at its limit says so', async () => {
    const { anthropic } = await client({ finish: 'length' })
    expect((await anthropic.messages.create(asked)).stop_reason).toBe('max_tokens')
  })

  it('a beta message has the same answer, and names the betas that are ignored', async () => {
    const { anthropic } = await client()
    const message = await anthropic.beta.messages.create({ ...asked, betas: ['context-1m-2025-08-07'] })
    expect(message.content).toEqual([{ type: 'text', text: 'Hello world' }])
    expect(rippleIn(message)).toMatchObject({ ignored: ['anthropic-beta'] })
  })

  it.each([
    ['x-api-key', { 'x-api-key': openaiKey }],
    ['Bearer', { authorization: `Bearer ${openaiKey}` }],
  ])('a message with the key as %s needs no `anthropic-version`', async (_name, headers) => {
    const { url } = await client()
    const answer = await fetch(`${url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(asked),
    })
    expect(answer.status).toBe(200)
  })
})

describe('a call of a tool', () => {
  const ask = { ...asked, tools: [weather] }
  const use = { type: 'tool_use', name: 'weather', input: { city: 'Bern' } }

  it('a call is answered whole', async () => {
    const { anthropic } = await client({ text: callText })
    const { content, stop_reason } = await anthropic.messages.create(ask)
    expect([content, stop_reason]).toMatchObject([[use], 'tool_use'])
    expect(content[0]).toHaveProperty('id', expect.stringMatching(/^toolu_\w{24}$/))
  })

  it('a call is streamed as JSON text that the client reads', async () => {
    const { anthropic } = await client({ text: callText }, [callText])
    const stream = anthropic.messages.stream(ask)
    const json: string[] = []
    stream.on('inputJson', (piece) => json.push(piece))
    const { content, stop_reason } = await stream.finalMessage()
    expect([content, stop_reason]).toMatchObject([[use], 'tool_use'])
    expect(JSON.parse(json.join(''))).toEqual({ city: 'Bern' })
  })

  it('text is streamed where the model calls nothing', async () => {
    const { anthropic } = await client({ text: saidText }, [saidText.slice(0, 16), saidText.slice(16)])
    const { content, stop_reason } = await anthropic.messages.stream(ask).finalMessage()
    expect([content, stop_reason]).toEqual([[{ type: 'text', text: 'It rains.' }], 'end_turn'])
  })

  it.each([
    [{ type: 'auto' as const }, 'auto'],
    [{ type: 'any' as const }, 'required'],
    [{ type: 'tool' as const, name: 'weather' }, { name: 'weather' }],
    [{ type: 'none' as const }, 'none'],
  ])('the choice %j of a tool reaches the model', async (tool_choice, expected) => {
    const { anthropic, inference } = await client({ text: callText })
    await rejectionOrNothing(anthropic.messages.create({ ...ask, tool_choice }))
    expect(inference.asked[0]?.input).toMatchObject({ tool_choice: expected })
  })

  it("the client's runner of tools sends all messages, because no conversation is kept here", async () => {
    const { url, inference } = await serve(
      new StandInInference(({ input }) => ({
        end: { text: input.type === 'chat' && input.messages.length > 1 ? saidText : callText },
      })),
    )
    const anthropic = new Anthropic({ baseURL: url, apiKey: openaiKey, maxRetries: 0 })
    const tool = { ...weather, run: async () => 'Rain.', parse: (given: unknown) => given }
    const { content } = await anthropic.beta.messages.toolRunner({ ...asked, tools: [tool] })
    expect(content).toEqual([{ type: 'text', text: 'It rains.' }])
    const turns = inference.asked.map(({ input }) =>
      input.type === 'chat' ? input.messages.map(({ role }) => role) : [],
    )
    expect(turns).toEqual([['user'], ['user', 'assistant', 'tool']])
  })

  it('a client that wants no parallel calls gets one', async () => {
    const two = `{"tool_calls": [${'{"name": "weather", "arguments": {}},'.repeat(2).slice(0, -1)}]}`
    const { anthropic } = await client({ text: two })
    const tool_choice = { type: 'auto' as const, disable_parallel_tool_use: true }
    expect((await anthropic.messages.create({ ...ask, tool_choice })).content).toHaveLength(1)
    expect((await anthropic.messages.create(ask)).content).toHaveLength(2)
  })
})

/** Ignores an answer that does not fit the choice of a tool: only the question counts. */
const rejectionOrNothing = (promise: PromiseLike<unknown>) => Promise.resolve(promise).catch(() => undefined)

describe('a request', () => {
  it('a session with a call and its result becomes the turns of a chat', async () => {
    const { anthropic, inference } = await client({ text: saidText })
    await anthropic.messages.create({
      ...asked,
      tools: [weather],
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2;' },
        { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Weather' },
            { type: 'text', text: 'in Bern?' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'A tool.', signature: 's' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: 'It broke.' },
            { type: 'text', text: 'So?' },
          ],
        },
      ],
    })
    const plain = { tool_calls: [], tool_call_id: null }
    expect(inference.asked[0]?.input).toMatchObject({
      messages: [
        { ...plain, role: 'system', content: 'Be brief.' },
        { ...plain, role: 'user', content: 'Weather\nin Bern?' },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [{ id: 'toolu_1', name: 'weather', arguments: '{"city":"Bern"}' }],
        },
        { ...plain, role: 'tool', tool_call_id: 'toolu_1', content: 'Error: It broke.' },
        { ...plain, role: 'user', content: 'So?' },
      ],
      tools: [{ name: 'weather', description: 'Tells the weather.', parameters: weather.input_schema }],
    })
  })

  it('a deferred tool is offered once a result refers to it', async () => {
    const { anthropic, inference } = await client({ text: saidText })
    const tools = [weather, { ...weather, name: 'late', defer_loading: true }]
    const search = [
      {
        role: 'assistant' as const,
        content: [{ type: 'tool_use' as const, id: 't', name: 'find', input: {} }],
      },
      {
        role: 'user' as const,
        content: [
          {
            type: 'tool_result' as const,
            tool_use_id: 't',
            content: [{ type: 'tool_reference' as const, tool_name: 'late' }],
          },
        ],
      },
    ]
    await anthropic.messages.create({ ...asked, tools })
    await anthropic.messages.create({ ...asked, tools, messages: [...asked.messages, ...search] })
    const offered = inference.asked.map(({ input }) =>
      input.type === 'chat' ? input.tools.map(({ name }) => name) : [],
    )
    expect(offered).toEqual([['weather'], ['weather', 'late']])
  })

  it('sampling, stop sequences and a schema reach the model', async () => {
    const { anthropic, inference } = await client({ text: '{"ok":true}' })
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    await anthropic.messages.create({
      ...asked,
      ...{ temperature: 0.5, top_p: 0.9, top_k: 3, stop_sequences: ['END'] },
      output_config: { format: { type: 'json_schema', schema } },
    })
    expect(inference.asked[0]).toMatchObject({
      ...{ max_tokens: 64, temperature_milli: 500, top_p_milli: 900, top_k: 3, stop: ['END'] },
      format: { type: 'schema', schema },
    })
  })

  it('fields without effect are named', async () => {
    const { anthropic } = await client({ text: saidText })
    const message = await anthropic.messages.create({
      ...asked,
      thinking: { type: 'adaptive' },
      metadata: { user_id: 'me' },
      output_config: { effort: 'high' },
      tools: [weather, { type: 'web_search_20250305', name: 'web_search' }],
    })
    expect(rippleIn(message)).toMatchObject({
      ignored: ['thinking', 'metadata', 'output_config.effort', 'tools.1'],
    })
  })
})

describe('a count of tokens by the unmodified client', () => {
  it.each([true, false])('a count says whether it is exact: %s', async (exact) => {
    const asks: Ask[] = []
    const countTokens = async (ask: Ask) => {
      asks.push(ask)
      return { tokens: 42, exact }
    }
    const { url, inference } = await serve(new StandInInference(), { countTokens })
    const anthropic = new Anthropic({ baseURL: url, apiKey: openaiKey, maxRetries: 0 })
    const { messages } = asked
    const counted = await anthropic.messages.countTokens({ model, messages, tools: [weather] })
    expect(counted).toEqual({ input_tokens: 42, ripple: { exact, ignored: [] } })
    expect(asks).toMatchObject([{ model, input: { tools: [{ name: 'weather' }] } }])
    expect(inference.asked).toEqual([])
  })
})

describe('an error as the unmodified client reads it', () => {
  const image = {
    type: 'image' as const,
    source: { type: 'base64' as const, media_type: 'image/png' as const, data: 'AA==' },
  }
  const noCall = { type: 'tool_result' as const, tool_use_id: 'none' }

  it.each([
    ['messages[0].content', { messages: [{ role: 'user' as const, content: [image] }] }],
    ['messages[0].content[0].tool_use_id', { messages: [{ role: 'user' as const, content: [noCall] }] }],
    ['messages', { messages: [...asked.messages, { role: 'assistant' as const, content: 'I' }] }],
    ['tools[0].name', { tools: [{ ...weather, name: 'a b' }] }],
    ['tools[1].name', { tools: [weather, weather] }],
    ['tool_choice', { tool_choice: { type: 'any' as const } }],
    ['tool_choice.name', { tools: [weather], tool_choice: { type: 'tool' as const, name: 'other' } }],
    ['max_tokens', { max_tokens: 0 }],
  ])('a request that would mislead is refused by its field: %s', async (param, change) => {
    const { anthropic, inference } = await client()
    const error = await rejection(anthropic.messages.create({ ...asked, ...change }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error.error).toMatchObject({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        ripple_code: 'RIPPLE_BODY_INVALID',
        param: expect.stringContaining(param),
      },
    })
    expect(inference.asked).toEqual([])
  })

  it.each([
    [
      new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'x', nearest: 'y' }),
      NotFoundError,
      'not_found_error',
    ],
    [new RippleError('RIPPLE_BUSY', { retry_after_s: 2 }), RateLimitError, 'rate_limit_error'],
    [
      new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: 9_000, max: 8_192 }),
      BadRequestError,
      'invalid_request_error',
    ],
  ])('%s becomes an error of the client', async (thrown, kind, type) => {
    const inference = new StandInInference(() => {
      throw thrown
    })
    const { url } = await serve(inference)
    const anthropic = new Anthropic({ baseURL: url, apiKey: openaiKey, maxRetries: 0 })
    const error = await rejection(anthropic.messages.create({ ...asked, stream: true }))
    expect([error instanceof kind, error.type]).toEqual([true, type])
    // Claude Code shortens its conversation when it reads these words.
    if (thrown.code === 'RIPPLE_CONTEXT_TOO_LONG')
      expect(error.message).toContain('prompt is too long: 9000 tokens > 8192 maximum')
  })

  it('a stream that breaks off ends with an error', async () => {
    const inference = new StandInInference(() => ({
      pieces: async function* () {
        yield { type: 'text', text: 'Hello' }
        throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'gone' })
      },
    }))
    const { url } = await serve(inference)
    const anthropic = new Anthropic({ baseURL: url, apiKey: openaiKey, maxRetries: 0 })
    const error = await rejection(anthropic.messages.stream(asked).finalMessage())
    expect(error.type).toBe('api_error')
  })

  it('a wrong key is refused in the same form', async () => {
    const { url } = await client()
    const stranger = new Anthropic({ baseURL: url, apiKey: 'no', maxRetries: 0 })
    const error = await rejection(stranger.messages.create(asked))
    expect([error instanceof AuthenticationError, error.type]).toEqual([true, 'authentication_error'])
  })

  it('the models are listed for the same client', async () => {
    const { anthropic } = await client()
    const ids: string[] = []
    for await (const { id } of anthropic.models.list()) ids.push(id)
    expect(ids).toEqual(meshModels.map(({ name }) => name))
  })
})
