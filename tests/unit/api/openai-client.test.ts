import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import { describe, expect, it } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { AnswerPiece } from '../../../host/types/answer.ts'
import { owner } from '../../../host/types/principal.ts'
import {
  inPieces,
  meshModels,
  rippleIn,
  StandInInference,
  serve,
  untilAborted,
  usualEnd,
} from './openai-stand-in.ts'
import { token } from './stub-api.ts'

const model = 'SmolLM2-135M-Instruct'
const messages = [{ role: 'user' as const, content: 'Hi' }]
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const callText = '{"tool_calls": [{"name": "weather", "arguments": {"city": "Bern"}}]}'
const own = {
  id: 'task-0123456789abcdef',
  trace_id: 'trace-1',
  task: usualEnd.task,
  receipt: usualEnd.receipt,
  receipts: [usualEnd.receipt],
  route: 'mesh',
  peer: 'uhCAkone',
  why: usualEnd.why,
}

/** A stand-in whose asking is refused. */
function refusing(...error: ConstructorParameters<typeof RippleError>): StandInInference {
  return new StandInInference(() => {
    throw new RippleError(...error)
  })
}

async function rejection(promise: PromiseLike<unknown>): Promise<APIError> {
  const thrown = await Promise.resolve(promise).then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof APIError)) throw new TypeError(`no error of the API: ${String(thrown)}`)
  return thrown
}

describe("the unmodified client's models", () => {
  it("the model list has the mesh's models and where each is", async () => {
    const { client } = await serve()
    const { data } = await client.models.list()
    expect(data.map(({ id }) => id)).toEqual(meshModels.map(({ name }) => name))
    expect(data[0]).toEqual({
      id: model,
      object: 'model',
      created: 0,
      owned_by: 'mesh',
      ripple: {
        digest: 'ab'.repeat(32),
        context_tokens: 8_192,
        at: [{ agent: 'uhCAkone', name: 'nas', loaded: true }],
      },
    })
  })

  it.each(meshModels.map(({ name }) => name))('the model %s is found by its name', async (name) => {
    const { client } = await serve()
    expect(await client.models.retrieve(name)).toMatchObject({ id: name })
  })

  it('a model is found if its slashes are not encoded', async () => {
    const { url } = await serve()
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/v1/models/peer:uhCAkone/${model}`, { headers })
    expect(await answer.json()).toMatchObject({ id: `peer:uhCAkone/${model}` })
  })

  it.each([
    [model.toLowerCase(), model],
    [`peer:nas/${model}`, `peer:uhCAkone/${model}`],
    [`peer:nas/${model.toUpperCase()}`, `peer:uhCAkone/${model}`],
    ['Ripple/AUTO', 'ripple/auto'],
  ])('a model is found by any accepted name: %s', async (name, id) => {
    const { client } = await serve()
    expect(await client.models.retrieve(name)).toMatchObject({ id })
  })

  it('a model is not found on a machine without it', async () => {
    const { client } = await serve()
    expect(await rejection(client.models.retrieve(`peer:other/${model}`))).toBeInstanceOf(NotFoundError)
  })

  it('a misspelt model is not found, and the nearest names are given', async () => {
    const { client } = await serve()
    const error = await rejection(client.models.retrieve('smollm2-135m-instrukt'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' })
    expect(error.message).toContain(`nearest names: ${model}, `)
  })
})

describe('a chat by the unmodified client', () => {
  it('a chat is answered whole', async () => {
    const { client, inference } = await serve()
    const asked = client.chat.completions.create({
      model,
      messages: [
        { role: 'developer', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Say ' },
            { type: 'text', text: 'hello.' },
          ],
        },
      ],
      max_completion_tokens: 16,
      temperature: 0.25,
      stop: '\n',
      presence_penalty: -0.5,
      store: true,
    })
    const { data, response, request_id } = await asked.withResponse()
    expect(data).toEqual({
      id: 'chatcmpl-task-0123456789abcdef',
      object: 'chat.completion',
      created: 1_700_000_000,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello world', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
      system_fingerprint: 'fp_abababababab',
      ripple: { ...own, ignored: ['store'] },
    })
    expect(response.headers.get('x-ripple-task')).toBe(own.id)
    expect([response.headers.get('x-ripple-trace'), request_id]).toEqual(['trace-1', 'trace-1'])
    expect(inference.asked).toEqual([
      {
        model,
        key: null,
        trace_id: null,
        input: {
          type: 'chat',
          messages: [
            { role: 'system', content: 'Be short.', tool_calls: [], tool_call_id: null },
            { role: 'user', content: 'Say hello.', tool_calls: [], tool_call_id: null },
          ],
          tools: [],
          tool_choice: 'none',
        },
        format: { type: 'text' },
        stop: ['\n'],
        penalties: { frequency_milli: 0, presence_milli: -500 },
        max_tokens: 16,
        temperature_milli: 250,
        top_p_milli: 1_000,
        top_k: 0,
        seed: null,
        data_class: 'private',
        principal: owner,
      },
    ])
  })

  it('a chat is answered without usage if its provider counted nothing', async () => {
    const { client } = await serve(new StandInInference(() => ({ end: { usage: null } })))
    expect(await client.chat.completions.create({ model, messages })).toMatchObject({ usage: null })
    expect(await client.completions.create({ model, prompt: 'Hi' })).toMatchObject({ usage: null })
    const options = { model, messages, stream: true, stream_options: { include_usage: true } } as const
    const chunks = await Array.fromAsync(await client.chat.completions.create(options))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: null })
  })

  it("a chat passes the client's key and trace on", async () => {
    const { client } = await serve()
    const headers = { 'x-ripple-key': 'k'.repeat(16), 'x-ripple-trace': 'my-trace' }
    const asked = client.chat.completions.create({ model, messages }, { headers })
    const { response } = await asked.withResponse()
    expect(response.headers.get('x-ripple-task')).toBe('k'.repeat(16))
    expect(response.headers.get('x-ripple-trace')).toBe('my-trace')
  })

  it.each([
    [{}, 'private'],
    [{ 'x-ripple-data-class': 'secret' }, 'secret'],
  ])('a chat with the headers %o has the data class %s', async (headers, data_class) => {
    const { client, inference } = await serve()
    await client.chat.completions.create({ model, messages }, { headers })
    await client.completions.create({ model, prompt: 'Once' }, { headers })
    await client.embeddings.create({ model, input: 'Once' }, { headers }).catch(() => {})
    expect(inference.asked.map((one) => one.data_class)).toEqual([data_class, data_class, data_class])
  })

  it("a request passes the client's choice of machines on", async () => {
    const { client, inference } = await serve()
    const headers = { 'x-ripple-target': 'nas', 'x-ripple-exclude': 'B%C3%BCro, uhCAkone' }
    await client.chat.completions.create({ model, messages }, { headers })
    await client.completions.create({ model, prompt: ['one', 'two'] }, { headers })
    const chosen = { target: 'nas', exclude: ['B\u00fcro', 'uhCAkone'] }
    expect(inference.asked).toMatchObject([chosen, chosen, chosen])
    await client.chat.completions.create({ model, messages })
    expect(inference.asked[3]).not.toHaveProperty('target')
  })

  it('the header x-ripple-receipt names the receipts of a whole answer', async () => {
    const { client } = await serve()
    const one = await client.chat.completions.create({ model, messages }).withResponse()
    expect(one.response.headers.get('x-ripple-receipt')).toBe('/receipts/uhCkktask.receipt')
    const two = await client.completions.create({ model, prompt: ['one', 'two'] }).withResponse()
    expect(two.response.headers.get('x-ripple-receipt')?.split(', ')).toHaveLength(2)
    const none = new StandInInference(() => ({ end: { receipt: null } }))
    const without = await (await serve(none)).client.completions.create({ model, prompt: '1' }).withResponse()
    expect(without.response.headers.has('x-ripple-receipt')).toBe(false)
  })

  it('a chat of an unknown data class is refused with the known ones', async () => {
    const { client } = await serve()
    const headers = { 'x-ripple-data-class': 'harmless' }
    const error = client.chat.completions.create({ model, messages }, { headers })
    await expect(error).rejects.toBeInstanceOf(BadRequestError)
    await expect(error).rejects.toMatchObject({ status: 400, param: 'x-ripple-data-class' })
    await expect(error).rejects.toThrow('public, internal, private, secret')
  })

  it('a chat streams its role, text, end with receipt, and usage', async () => {
    const { client } = await serve()
    const options = { model, messages, stream: true, stream_options: { include_usage: true } } as const
    const { data, response } = await client.chat.completions.create(options).withResponse()
    expect(response.headers.get('x-ripple-task')).toBe(own.id)
    const chunks = await Array.fromAsync(data)
    expect(chunks.map(({ choices }) => choices[0]?.delta ?? null)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hello' },
      { content: ' world' },
      {},
      null,
    ])
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      'stop',
      undefined,
    ])
    expect(chunks.map(({ usage }) => usage?.total_tokens ?? null)).toEqual([null, null, null, null, 9])
    expect(chunks.map((chunk) => rippleIn(chunk) !== undefined)).toEqual([false, false, false, false, true])
    expect(rippleIn(chunks.at(-1))).toEqual({ ...own, ignored: [] })
  })

  it('a chat names its receipt in the last chunk if no usage is requested', async () => {
    const { client } = await serve()
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ model, messages, stream: true }),
    )
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      ripple: { receipt: usualEnd.receipt },
    })
  })

  it('a chat goes on after a change of machine and ends with all its text', async () => {
    const pieces = async function* () {
      yield* inPieces('Hel')
      yield { type: 'seam', from: 'uhCAkone', to: 'uhCAktwo' } as const
      yield* inPieces('lo')
    }
    const { client } = await serve(new StandInInference(() => ({ pieces })))
    const stream = client.chat.completions.stream({ model, messages })
    expect(await stream.finalContent()).toBe('Hello world')
  })

  it.each([
    ['too long a prompt', 'RIPPLE_CONTEXT_TOO_LONG', { model, tokens: 'more than 512', max: 512 }, 400],
    ['a model without a chat template', 'RIPPLE_MODEL_NOT_CHAT', { model }, 400],
    ['a form the model cannot answer in', 'RIPPLE_BODY_INVALID', { detail: 'no such form' }, 400],
    ['a failed task', 'RIPPLE_ANSWER_FAILED', { model, detail: 'it failed', id: 'k' }, 502],
    ['a provider that gives no answer', 'RIPPLE_UPSTREAM_FAILED', { provider: 'lan', detail: '500' }, 502],
  ] as const)(
    'a stream that fails before its first piece by %s gets the usual HTTP error',
    async (_what, code, facts, status) => {
      const fails = async function* (): AsyncGenerator<AnswerPiece> {
        await new Promise((resolve) => setTimeout(resolve, 20))
        yield { type: 'seam', from: 'uhCAkone', to: 'uhCAktwo' }
        throw new RippleError(code, facts)
      }
      const { client } = await serve(new StandInInference(() => ({ pieces: fails })))
      const chats = [false, true].map((stream) => client.chat.completions.create({ model, messages, stream }))
      const texts = [false, true].map((stream) => client.completions.create({ model, prompt: 'Hi', stream }))
      const errors = await Promise.all([...chats, ...texts].map(rejection))
      expect(errors.map((error) => error.status)).toEqual(Array(4).fill(status))
      expect(errors.map(({ headers }) => headers?.get('x-ripple-task'))).toEqual(Array(4).fill(own.id))
      expect(errors[1]?.error).toEqual(errors[0]?.error)
      expect(errors[3]?.error).toEqual(errors[2]?.error)
    },
  )

  it("a stream with a too long prompt gets OpenAI's code for it", async () => {
    const facts = { model, tokens: 'more than 512', max: 512 }
    const fails = (): AsyncIterable<AnswerPiece> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new RippleError('RIPPLE_CONTEXT_TOO_LONG', facts)),
      }),
    })
    const { client } = await serve(new StandInInference(() => ({ pieces: fails })))
    const error = await rejection(client.chat.completions.create({ model, messages, stream: true }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' })
  })

  it('a stream that fails after its first piece gets an error event', async () => {
    const fails = async function* (): AsyncGenerator<AnswerPiece> {
      yield* inPieces('Hel')
      throw new RippleError('RIPPLE_ANSWER_FAILED', { model, detail: 'it failed', id: 'k' })
    }
    const { client } = await serve(new StandInInference(() => ({ pieces: fails })))
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const error = await rejection(Array.fromAsync(stream))
    expect(error.error).toMatchObject({ ripple_code: 'RIPPLE_ANSWER_FAILED' })
  })

  it('a stream sends its head before the first piece on request', async () => {
    const { client } = await serve(
      new StandInInference(() => ({ pieces: (signal) => untilAborted(signal, '') })),
    )
    const enough = new AbortController()
    const options = { headers: { 'x-ripple-head': 'early' }, signal: enough.signal }
    const asked = client.chat.completions.create({ model, messages, stream: true }, options)
    const { response } = await asked.withResponse()
    expect(response.headers.get('x-ripple-task')).toBe(own.id)
    enough.abort()
  })

  it('a stream does not split a character', async () => {
    const text = 'a😀b'
    const pieces = () => inPieces('a\ud83d', '\ude00', 'b')
    const { client } = await serve(new StandInInference(() => ({ pieces, end: { text } })))
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ model, messages, stream: true }),
    )
    const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
    expect(texts.every((one) => one.isWellFormed())).toBe(true)
    expect(texts.join('')).toBe(text)
  })

  it('a chat returns JSON of a schema', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const pieces = () => inPieces('{"n": ', '3}')
    const inference = new StandInInference(() => ({ pieces, end: { text: '{"n": 3}' } }))
    const { client } = await serve(inference)
    const parsed = await client.chat.completions.parse({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'number', schema, strict: true } },
    })
    expect(parsed.choices[0]?.message.content).toBe('{"n": 3}')
    expect(inference.asked[0]?.format).toEqual({ type: 'schema', schema })
  })
})

describe('tools', () => {
  const calling = () =>
    new StandInInference(() => ({ pieces: () => inPieces(callText), end: { text: callText } }))

  it('a chat calls its tools', async () => {
    const { client, inference } = await serve(calling())
    const { choices } = await client.chat.completions.create({ model, messages, tools: [weather] })
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } })
    expect(choices[0]?.message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"Bern"}' },
      },
    ])
    expect(inference.asked[0]?.input).toMatchObject({
      tools: [{ name: 'weather', description: '', parameters: weather.function.parameters }],
      tool_choice: 'auto',
    })
  })

  it("a streamed chat calls its tools, and the tools' answers keep the ids", async () => {
    const { client, inference } = await serve(calling())
    const stream = client.chat.completions.stream({ model, messages, tools: [weather] })
    const message = await stream.finalMessage()
    expect(message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
    ])
    const id = message.tool_calls?.[0]?.id ?? ''
    await client.chat.completions.create({
      model,
      messages: [...messages, message, { role: 'tool', tool_call_id: id, content: 'rain' }],
      tools: [weather],
    })
    expect(inference.asked[1]?.input).toMatchObject({
      messages: [
        {},
        { role: 'assistant', content: '', tool_calls: [{ id, name: 'weather' }] },
        { role: 'tool', content: 'rain', tool_call_id: id },
      ],
    })
  })

  it('a chat with tools may answer in text, which streams as it comes', async () => {
    const text = '{"content": "It \\"rains\\"."}'
    const pieces = () => inPieces('{"con', 'tent": "It \\', '"rains', '\\"."', '}')
    const { client } = await serve(new StandInInference(() => ({ pieces, end: { text } })))
    const asked = { model, messages, tools: [weather], stream: true as const }
    const chunks = await Array.fromAsync(await client.chat.completions.create(asked))
    const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter((one) => one !== '')
    expect(texts).toEqual(['It ', '"rains', '".'])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  it.each([
    ['in the midst of it', '{"content": "One\\nEND two"}', 'stop', 'One\n'],
    ['at its beginning', '{"content": "END of it"}', 'stop', ''],
    ['in what was cut off', '{"content": "One END tw', 'length', 'One '],
    [
      'before the calls',
      '{"content": "One END", "tool_calls": [{"name": "weather", "arguments": {}}]}',
      'stop',
      'One ',
    ],
  ] as const)(
    'a stop word %s ends the text of a chat with tools there',
    async (_where, text, finish, said) => {
      for (const pieces of [() => inPieces(text), () => inPieces(...text)]) {
        const { client } = await serve(new StandInInference(() => ({ pieces, end: { text, finish } })))
        const asked = { model, messages, tools: [weather], stop: ['END', 'tw'] }
        const { choices } = await client.chat.completions.create(asked)
        const message = { role: 'assistant', content: said, refusal: null }
        expect(choices).toEqual([{ index: 0, message, logprobs: null, finish_reason: 'stop' }])
        const chunks = await Array.fromAsync(await client.chat.completions.create({ ...asked, stream: true }))
        expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(said)
        expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
      }
    },
  )

  it('the beginning of a stop word belongs to the text', async () => {
    const text = '{"content": "the EN"}'
    const { client } = await serve(
      new StandInInference(() => ({ pieces: () => inPieces(...text), end: { text } })),
    )
    const asked = { model, messages, tools: [weather], stop: 'END', stream: true as const }
    const chunks = await Array.fromAsync(await client.chat.completions.create(asked))
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('the EN')
  })

  it('a tool call may contain a stop word', async () => {
    const { client } = await serve(calling())
    const asked = { model, messages, tools: [weather], stop: 'Bern' }
    const { choices } = await client.chat.completions.create(asked)
    expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { arguments: '{"city":"Bern"}' } }])
  })

  it.each([
    ['a call that was not offered', '{"tool_calls": [{"name": "rm", "arguments": {}}]}'],
    ['neither a text nor a call', '{"tool": 1}'],
    ['half a call', '{"tool_calls": [{"name"'],
  ])('a tool answer with %s is rejected', async (_what, text) => {
    const { client } = await serve(
      new StandInInference(() => ({ pieces: () => inPieces(text), end: { text } })),
    )
    const asked = { model, messages, tools: [weather] }
    const error = await rejection(client.chat.completions.create(asked))
    expect(error).toBeInstanceOf(InternalServerError)
    expect([error.status, error.error]).toMatchObject([502, { ripple_code: 'RIPPLE_ANSWER_INVALID' }])
    const broken = await rejection(client.chat.completions.create({ ...asked, stream: true }))
    expect([broken.status, broken.error]).toMatchObject([502, { ripple_code: 'RIPPLE_ANSWER_INVALID' }])
  })

  it.each([
    ['format', 'response_format'],
    ['tool_choice', 'tool_choice'],
  ])('an answer format that no model can keep to (%s) is refused by its field', async (param, field) => {
    const { client } = await serve(refusing('RIPPLE_BODY_INVALID', { detail: 'no', param }))
    const error = await rejection(client.chat.completions.create({ model, messages }))
    expect([error.status, error.param]).toEqual([400, field])
  })

  it('tools are called one at a time on request', async () => {
    const two = '{"tool_calls": [{"name": "weather", "arguments": {}}, {"name": "weather", "arguments": {}}]}'
    const { client } = await serve(
      new StandInInference(() => ({ pieces: () => inPieces(two), end: { text: two } })),
    )
    const asked = { model, messages, tools: [weather] }
    const both = await client.chat.completions.create(asked)
    const one = await client.chat.completions.create({ ...asked, parallel_tool_calls: false })
    const ids = both.choices[0]?.message.tool_calls?.map(({ id }) => id) ?? []
    expect(new Set(ids).size).toBe(2)
    expect(one.choices[0]?.message.tool_calls?.map(({ id }) => id)).toEqual(ids.slice(0, 1))
  })
})

describe('a completion', () => {
  it('a completion continues a text as it is', async () => {
    const { client, inference } = await serve()
    const { choices, usage } = await client.completions.create({ model, prompt: ['Once upon'] })
    expect([choices[0]?.text, choices[0]?.finish_reason, usage?.total_tokens]).toEqual([
      'Hello world',
      'stop',
      9,
    ])
    expect(inference.asked[0]).toMatchObject({
      input: { type: 'text', text: 'Once upon', template: 'none' },
      max_tokens: 16,
      temperature_milli: 1_000,
    })
  })

  it('a completion is streamed', async () => {
    const { client } = await serve()
    const stream_options = { include_usage: true }
    const asked = { model, prompt: 'Once', stream: true, stream_options } as const
    const chunks = await Array.fromAsync(await client.completions.create(asked))
    expect(chunks.map(({ choices }) => choices[0]?.text ?? null)).toEqual(['Hello', ' world', '', null])
    expect(chunks.at(-1)).toMatchObject({
      usage: { total_tokens: 9 },
      ripple: { receipt: usualEnd.receipt },
    })
  })
})

describe('embeddings', () => {
  const vectors = [
    [1, -0.5],
    [0.25, 3],
  ]
  const base64 = (numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
  const text = JSON.stringify({ vectors: vectors.map(base64) })
  const embedding = () => new StandInInference(() => ({ pieces: () => inPieces(text), end: { text } }))

  it.each(['float', 'base64', undefined] as const)('embeddings come as %s', async (encoding_format) => {
    const { client, inference } = await serve(embedding())
    const asked = { model, input: ['a', 'b'], dimensions: 2 }
    const { data, usage } = await client.embeddings.create(
      encoding_format === undefined ? asked : { ...asked, encoding_format },
    )
    const given = data.map((one) => one.embedding)
    expect(given).toEqual(encoding_format === 'base64' ? vectors.map(base64) : vectors)
    expect(usage).toEqual({ prompt_tokens: 7, total_tokens: 7 })
    expect(inference.asked[0]?.input).toEqual({ type: 'embed', texts: ['a', 'b'] })
  })

  it("embeddings of another length than the model's are refused", async () => {
    const { client } = await serve(embedding())
    const error = await rejection(client.embeddings.create({ model, input: ['a', 'b'], dimensions: 3 }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error.param).toBe('dimensions')
  })

  it.each([
    ['text', 'no vectors'],
    ['too few vectors', JSON.stringify({ vectors: [base64([1])] })],
    ['vectors of different lengths', JSON.stringify({ vectors: [base64([1]), base64([1, 2])] })],
    ['halves of numbers', JSON.stringify({ vectors: ['AAA=', 'AAA='] })],
  ])('an embedding fails if the model gives %s', async (_what, given) => {
    const { client } = await serve(
      new StandInInference(() => ({ pieces: () => inPieces(given), end: { text: given } })),
    )
    const error = await rejection(client.embeddings.create({ model, input: ['a', 'b'] }))
    expect([error.status, error.code]).toEqual([502, 'answer_invalid'])
  })
})

describe('refusals', () => {
  it.each([
    [NotFoundError, 404, 'model_not_found', 'RIPPLE_MODEL_NOT_FOUND', { model: 'x', nearest: 'a, b' }],
    [BadRequestError, 400, 'context_length_exceeded', 'RIPPLE_CONTEXT_TOO_LONG', { tokens: 9, max: 8 }],
    [BadRequestError, 400, 'model_not_chat', 'RIPPLE_MODEL_NOT_CHAT', { model: 'base' }],
    [PermissionDeniedError, 403, 'policy_refused', 'RIPPLE_POLICY_REFUSED', { policy: 'p', reasons: 'r' }],
    [RateLimitError, 429, 'rate_limit_exceeded', 'RIPPLE_BUSY', { what: 'w', max: 1, retry_after_s: 5 }],
    [InternalServerError, 502, 'upstream_failed', 'RIPPLE_UPSTREAM_FAILED', { provider: 'p', detail: 'd' }],
    [InternalServerError, 503, 'conductor_down', 'RIPPLE_CONDUCTOR_DOWN', { retry_after_s: 5 }],
    [InternalServerError, 504, 'timeout', 'RIPPLE_TIMEOUT', { what: 'it', ms: 1 }],
  ] as const)(
    'a refusal has its class in the client: %o %d %s',
    async (kind, status, code, ripple_code, facts) => {
      const { client } = await serve(refusing(ripple_code, facts))
      for (const stream of [false, true]) {
        const error = await rejection(client.chat.completions.create({ model, messages, stream }))
        expect(error).toBeInstanceOf(kind)
        expect(error).toMatchObject({ status, code, error: { ripple_code, hint: expect.any(String) } })
        const retry = 'retry_after_s' in facts ? String(facts.retry_after_s) : null
        expect(error.headers?.get('retry-after')).toBe(retry)
      }
    },
  )

  it('a refusal says which text is too long', async () => {
    const { client } = await serve(refusing('RIPPLE_CONTEXT_TOO_LONG', { tokens: 9, max: 8 }))
    const params = [
      client.chat.completions.create({ model, messages }),
      client.completions.create({ model, prompt: 'x' }),
      client.embeddings.create({ model, input: 'x' }),
    ].map(async (asked) => (await rejection(asked)).param)
    expect(await Promise.all(params)).toEqual(['messages', 'prompt', 'input'])
  })

  it('a wrong key gets an authentication error', async () => {
    const { url } = await serve()
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong', maxRetries: 0 })
    const error = await rejection(client.models.list())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect([error.code, error.type]).toEqual(['invalid_api_key', 'authentication_error'])
  })

  it('an unknown path gets an error in the same form', async () => {
    const { client } = await serve()
    const error = await rejection(client.images.generate({ model, prompt: 'x' }))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.error).toMatchObject({ ripple_code: 'RIPPLE_ROUTE_UNKNOWN' })
  })

  it('the client retries when the daemon is busy', async () => {
    let busy = 1
    const inference = new StandInInference(() => {
      if (busy-- > 0) throw new RippleError('RIPPLE_BUSY', { what: 'w', max: 1, retry_after_s: 0.01 })
      return {}
    })
    const { client } = await serve(inference)
    const { choices } = await client.chat.completions.create({ model, messages }, { maxRetries: 1 })
    expect(choices[0]?.message.content).toBe('Hello world')
    expect(inference.asked.length).toBe(2)
  })

  it('the client retries while the chain waits for its peers', async () => {
    let times = 0
    const inference = new StandInInference(() => {
      times += 1
      if (times === 1) throw new RippleError('RIPPLE_CHAIN_BEHIND', { role: 'resource_mesh', missing: 1 })
      return {}
    })
    const { client } = await serve(inference)
    const { choices } = await client.chat.completions.create({ model, messages }, { maxRetries: 1 })
    expect([choices[0]?.message.content, times]).toEqual(['Hello world', 2])
  })
})

describe('a used key', () => {
  it.each([
    ['for other work', 'RIPPLE_TASK_CONFLICT', 'task_conflict'],
    ['for a task that has no answer', 'RIPPLE_ANSWER_KEY_SPENT', 'answer_key_spent'],
  ] as const)('a key that was used %s is not retried by the client', async (_what, code, told) => {
    const inference = refusing(code, { id: 'k'.repeat(16) })
    const { client } = await serve(inference)
    const error = await rejection(client.chat.completions.create({ model, messages }, { maxRetries: 2 }))
    expect([error.status, error.code, inference.asked.length]).toEqual([409, told, 1])
  })
})

describe('sampling fields', () => {
  const sampling = { temperature: 0.7, top_p: 0.9, presence_penalty: 0.5, frequency_penalty: null }
  const ask = { messages, ...sampling, store: true }
  const sampled = ['temperature', 'top_p', 'presence_penalty']
  const asking = async (route: 'mesh' | 'ensemble') => {
    const { client } = await serve(new StandInInference(() => ({ end: { route } })))
    const whole = await client.chat.completions.create({ ...ask, model: 'ripple/auto' })
    const stream = await client.chat.completions.create({ ...ask, model: 'ripple/auto', stream: true })
    const text = await client.completions.create({ ...sampling, model: 'ripple/auto', prompt: 'x' })
    const last = (await Array.fromAsync(stream)).at(-1)
    return [whole, last, text].map((one) => (rippleIn(one) as { ignored: string[] }).ignored)
  }

  it('an ensemble ignores sampling fields and says so', async () => {
    expect(await asking('ensemble')).toEqual([[...sampled, 'store'], [...sampled, 'store'], sampled])
  })

  it('a single model uses the sampling fields', async () => {
    expect(await asking('mesh')).toEqual([['store'], ['store'], []])
  })
})

describe('the end of an answer', () => {
  it('an error in the middle of a stream is thrown by the client', async () => {
    const pieces = async function* () {
      yield* inPieces('Hel')
      throw new RippleError('RIPPLE_ENGINE_STALLED', { ms: 5_000 })
    }
    const { client } = await serve(new StandInInference(() => ({ pieces })))
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const got: string[] = []
    const error = await rejection(
      (async () => {
        for await (const chunk of stream) got.push(chunk.choices[0]?.delta.content ?? '')
      })(),
    )
    expect(got).toEqual(['', 'Hel'])
    expect(error).toMatchObject({ code: 'engine_stalled', type: 'server_error' })
    const whole = await rejection(client.chat.completions.create({ model, messages }))
    expect(whole.status).toBe(500)
  })

  it('an accepted answer other than the streamed one ends the stream with an error', async () => {
    const { client } = await serve(new StandInInference(() => ({ end: { text: 'Bye' } })))
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const error = await rejection(Array.fromAsync(stream))
    expect(error.code).toBe('answer_invalid')
  })

  it.each([true, false])('a client that goes away ends its request (stream: %s)', async (stream) => {
    const inference = new StandInInference(() => ({ pieces: untilAborted }))
    const { client } = await serve(inference)
    const enough = new AbortController()
    const asked = client.chat.completions.create({ model, messages, stream }, { signal: enough.signal })
    // Handled below, where it is awaited.
    const ended = asked.catch((thrown: unknown) => thrown)
    await expect.poll(() => inference.signals.length).toBe(1)
    if (stream) await ended
    expect(inference.signals[0]?.aborted).toBe(false)
    enough.abort()
    await expect.poll(() => inference.signals[0]?.aborted).toBe(true)
    expect(inference.signals[0]?.reason).toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    if (!stream) expect(await ended).toBeInstanceOf(OpenAI.APIUserAbortError)
  })

  it('a break out of the stream ends its request', async () => {
    const inference = new StandInInference(() => ({ pieces: untilAborted }))
    const { client } = await serve(inference)
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
      if (chunk.choices[0]?.delta.content === 'Hello') break
    await expect.poll(() => inference.signals[0]?.aborted).toBe(true)
  })

  it('the end of the daemon ends its streams', async () => {
    const { client, stop } = await serve(new StandInInference(() => ({ pieces: untilAborted })))
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const read = rejection(Array.fromAsync(stream))
    stop.abort(new RippleError('RIPPLE_INTERRUPTED'))
    expect(await read).toMatchObject({ type: 'server_error', code: 'interrupted' })
  })
})

it('a too long prompt is refused in words that LiteLLM and agents know', async () => {
  const { client } = await serve(refusing('RIPPLE_CONTEXT_TOO_LONG', { tokens: 'more than 8', max: 8 }))
  const { message } = await rejection(client.chat.completions.create({ model, messages }))
  expect(message).toContain("this model's maximum context length is 8 tokens")
  const { client: other } = await serve(refusing('RIPPLE_PROMPT_TOO_LARGE', { bytes: 9, max: 8 }))
  const tooLarge = await rejection(other.chat.completions.create({ model, messages }))
  expect(tooLarge.message).toContain('prompt is too long')
})
