/** Tests OpenAI's Responses API by its unmodified client. */
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from 'openai'
import { describe, expect, it } from 'vitest'
import { KeptResponses } from '../../../host/api/responses/kept-responses.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { AnswerEnd } from '../../../host/types/answer.ts'
import type { Principal } from '../../../host/types/principal.ts'
import { inPieces, rippleIn, StandInInference, serve, usualEnd } from './openai-stand-in.ts'
import { openaiKey, token } from './stub-api.ts'

const model = 'SmolLM2-135M-Instruct'
const asked = { model, input: 'Hi' }
const weather = {
  type: 'function' as const,
  name: 'weather',
  description: 'Tells the weather.',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const callText = '{"tool_calls": [{"name": "weather", "arguments": {"city": "Bern"}}]}'
const call = {
  type: 'function_call' as const,
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Bern"}',
}
const result = { type: 'function_call_output' as const, call_id: 'call_1', output: 'It rains.' }
const turn = (role: string, content: string) => ({ role, content, tool_calls: [], tool_call_id: null })

/** A client over a stand-in that answers with this text, in these pieces. */
async function client(end: Partial<AnswerEnd> = {}, pieces: readonly string[] = []) {
  let count = 0
  const inference = new StandInInference(() => ({
    end,
    ...(pieces.length > 0 ? { pieces: () => inPieces(...pieces) } : {}),
  }))
  const { url } = await serve(inference)
  const responses = (apiKey = openaiKey, defaultHeaders = {}) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey, defaultHeaders, maxRetries: 0 }).responses
  /** Asks under a key of its own, because the stand-in names an answer by its key. */
  const ask = (body: object, headers = {}) =>
    responses().create({ ...asked, ...body } as typeof asked, {
      headers: { 'x-ripple-key': `key-0123456789-${++count}`, ...headers },
    })
  const messages = () => {
    const input = inference.asked.at(-1)?.input
    return input?.type === 'chat' ? input.messages : []
  }
  return { openai: responses(), responses, ask, messages, inference }
}

async function rejection(promise: PromiseLike<unknown>): Promise<APIError> {
  const thrown = await Promise.resolve(promise).catch((error: unknown) => error)
  if (!(thrown instanceof APIError)) throw new TypeError(`no error of the API: ${String(thrown)}`)
  return thrown
}

describe('a response by the unmodified client', () => {
  it('a response is answered whole, with its tokens, its task and its receipt', async () => {
    const { openai, messages } = await client()
    const { data, response } = await openai.create({ ...asked, instructions: 'Be brief.' }).withResponse()
    expect(data).toMatchObject({
      ...{ object: 'response', status: 'completed', error: null, model, output_text: 'Hello world' },
      output: [{ type: 'message', role: 'assistant', status: 'completed' }],
      usage: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
    })
    expect(rippleIn(data)).toMatchObject({ receipt: usualEnd.receipt, peer: 'uhCAkone', ignored: [] })
    expect(response.headers.get('x-ripple-task')).toBe('task-0123456789abcdef')
    expect(response.headers.get('x-ripple-receipt')).toBe(usualEnd.receipt)
    expect(messages()).toEqual([turn('system', 'Be brief.'), turn('user', 'Hi')])
  })

  it('a response is streamed in numbered events that the client joins', async () => {
    const { openai } = await client()
    const stream = openai.stream(asked)
    const seen: [string, number][] = []
    stream.on('event', ({ type, sequence_number }) => seen.push([type, sequence_number]))
    const response = await stream.finalResponse()
    expect([response.output_text, response.usage?.total_tokens]).toEqual(['Hello world', 9])
    expect(rippleIn(response)).toMatchObject({ receipt: usualEnd.receipt })
    expect(seen.map(([type]) => type)).toEqual([
      ...['response.created', 'response.in_progress'],
      ...['response.output_item.added', 'response.content_part.added'],
      ...['response.output_text.delta', 'response.output_text.delta'],
      ...['response.output_text.done', 'response.content_part.done', 'response.output_item.done'],
      'response.completed',
    ])
    expect(seen.map(([, number]) => number)).toEqual([...seen.keys()])
  })

  it('a response that was cut at its limit is incomplete', async () => {
    const { openai } = await client({ finish: 'length' })
    const { status, incomplete_details } = await openai.create({ ...asked, max_output_tokens: 16 })
    expect([status, incomplete_details]).toEqual(['incomplete', { reason: 'max_output_tokens' }])
  })

  it('a response names what it ignored: tools of other types, unknown items and fields', async () => {
    const { openai, inference } = await client({ text: '{"content": "Hi"}' }, ['{"content": "Hi"}'])
    const body = {
      ...{ model, store: false, include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' } },
      input: [
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
        { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      ],
      tools: [
        weather,
        { type: 'namespace', name: 'agents', description: 'x', tools: [weather] },
        { type: 'web_search', external_web_access: false },
      ],
    }
    const response = await openai.create(body as unknown as typeof asked)
    expect(rippleIn(response)).toMatchObject({
      ignored: ['tools.1', 'tools.2', 'input.0', 'include', 'reasoning'],
    })
    expect(inference.asked[0]?.input).toMatchObject({ tools: [{ name: 'weather' }], tool_choice: 'auto' })
  })

  it('a response in the form of a schema is asked for as such', async () => {
    const { openai, inference } = await client({ text: '{"a":1}' }, ['{"a":1}'])
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }
    await openai.create({ ...asked, text: { format: { type: 'json_schema', name: 'a', schema } } })
    expect(inference.asked[0]?.format).toEqual({ type: 'schema', schema })
  })
})

describe('a call of a function', () => {
  const item = { type: 'function_call', name: 'weather', arguments: '{"city":"Bern"}', status: 'completed' }

  it('a call is answered whole', async () => {
    const { openai } = await client({ text: callText })
    expect((await openai.create({ ...asked, tools: [weather] })).output).toMatchObject([item])
  })

  it('a call is streamed in events that the client joins', async () => {
    const { openai } = await client({ text: callText }, [callText])
    const stream = openai.stream({ ...asked, tools: [weather] })
    const types: string[] = []
    stream.on('event', ({ type }) => types.push(type))
    expect((await stream.finalResponse()).output).toMatchObject([item])
    expect(types.slice(2)).toEqual([
      'response.output_item.added',
      ...['response.function_call_arguments.delta', 'response.function_call_arguments.done'],
      ...['response.output_item.done', 'response.completed'],
    ])
  })

  it('a call and its result become turns of the chat', async () => {
    const { ask, messages } = await client()
    await ask({ input: [{ role: 'user', content: 'Weather?' }, call, result] })
    const { call_id: id, name, arguments: args } = call
    expect(messages()).toEqual([
      turn('user', 'Weather?'),
      { ...turn('assistant', ''), tool_calls: [{ id, name, arguments: args }] },
      { ...turn('tool', 'It rains.'), tool_call_id: id },
    ])
  })
})

describe('a stored response', () => {
  it('a response goes on with an earlier one by its id, without the earlier instructions', async () => {
    const { ask, messages } = await client()
    const { id } = await ask({ instructions: 'Be brief.' })
    const next = await ask({ previous_response_id: id, input: 'And?' })
    expect(next.previous_response_id).toBe(id)
    expect(messages()).toEqual([turn('user', 'Hi'), turn('assistant', 'Hello world'), turn('user', 'And?')])
  })

  it('a result answers the call of an earlier response', async () => {
    const { ask, messages } = await client({ text: callText }, [callText])
    const { id, output } = await ask({ tools: [weather] })
    const call_id = output[0]?.type === 'function_call' ? output[0].call_id : ''
    await ask({ previous_response_id: id, input: [{ ...result, call_id }], tools: [weather] })
    expect(messages().map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  })

  it('an item of an earlier response is found by its reference', async () => {
    const { ask, messages } = await client()
    const { output } = await ask({})
    await ask({
      input: [
        { type: 'item_reference', id: output[0]?.id },
        { role: 'user', content: 'And?' },
      ],
    })
    expect(messages()).toEqual([turn('assistant', 'Hello world'), turn('user', 'And?')])
  })

  it('a response can be read and removed by its caller alone', async () => {
    const { ask, openai, responses } = await client()
    const made = await ask({})
    expect(await openai.retrieve(made.id)).toMatchObject({ id: made.id, output: made.output })
    expect(await rejection(responses(token).retrieve(made.id))).toBeInstanceOf(NotFoundError)
    expect(await rejection(responses(token).delete(made.id))).toBeInstanceOf(NotFoundError)
    await openai.delete(made.id)
    expect(await rejection(openai.retrieve(made.id))).toBeInstanceOf(NotFoundError)
  })

  it('a response is removed by a client that names a type for its empty body', async () => {
    const { ask, openai } = await client()
    const { id } = await ask({})
    await openai.delete(id, { headers: { 'content-type': 'application/json' } })
    expect(await rejection(openai.retrieve(id))).toBeInstanceOf(NotFoundError)
  })

  it('a response with `store: false` is not stored', async () => {
    const { ask, openai } = await client()
    const { id } = await ask({ store: false })
    expect(await rejection(openai.retrieve(id))).toBeInstanceOf(NotFoundError)
    const error = await rejection(ask({ previous_response_id: id }))
    expect([error.status, error.code, error.param]).toEqual([
      ...[400, 'previous_response_not_found'],
      'previous_response_id',
    ])
  })

  it('a secret response is continued as a secret alone', async () => {
    const { ask } = await client()
    const secret = { 'x-ripple-data-class': 'secret' }
    const { id, output } = await ask({}, secret)
    expect((await rejection(ask({ previous_response_id: id }))).param).toBe('previous_response_id')
    expect((await ask({ previous_response_id: id }, secret)).status).toBe('completed')
    const input = [
      { type: 'item_reference' as const, id: output[0]?.id ?? '' },
      { role: 'user' as const, content: 'And?' },
    ]
    expect((await rejection(ask({ input }))).param).toBe('input')
    expect((await ask({ input }, secret)).status).toBe('completed')
  })

  it('a store drops the oldest responses beyond its number and its bytes', () => {
    const caller: Principal = { kind: 'key', name: 'a', scopes: ['infer'] }
    const kept = new KeptResponses()
    const add = (id: string, text = '') =>
      kept.add(caller, {
        ...{ body: { id, output: [] }, data_class: 'private' },
        messages: [{ role: 'user', content: text, tool_calls: [], tool_call_id: null }],
      })
    for (let at = 0; at <= limits.responses_kept_max; at++) add(`resp_${at}`)
    expect([kept.find(caller, 'resp_0'), kept.find(caller, 'resp_1')?.body.id]).toEqual([null, 'resp_1'])
    add('resp_large', 'x'.repeat(limits.responses_kept_bytes_max - 1_000))
    expect([kept.find(caller, 'resp_900'), kept.find(caller, 'resp_large')?.body.id]).toEqual([
      null,
      'resp_large',
    ])
  })
})

describe('a request that cannot be answered', () => {
  it.each([
    [
      'an image',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input[0].content[0]',
    ],
    ['a result without its call', { input: [result] }, 'input[0].call_id'],
    ['an unknown reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0].id'],
    ['an answer in the background', { background: true }, 'background'],
    ['a choice without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['a tool twice', { tools: [weather, weather] }, 'tools[1].name'],
    [
      'an allowed tool that is not there',
      {
        tools: [weather],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'x' }] },
      },
      'tool_choice.tools',
    ],
    ['no input', { input: undefined }, 'input'],
  ])('%s is refused by its field', async (_name, change, param) => {
    const { ask } = await client()
    const error = await rejection(ask(change))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error.param).toContain(param)
  })

  it('a strange key is refused', async () => {
    const { responses } = await client()
    expect(await rejection(responses('sk-no').create(asked))).toBeInstanceOf(AuthenticationError)
  })

  it('a failure within a stream is its last event', async () => {
    const inference = new StandInInference(() => ({
      async *pieces() {
        yield { type: 'text', text: 'Hel' }
        throw new RippleError('RIPPLE_INTERRUPTED')
      },
    }))
    const { url } = await serve(inference)
    const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: openaiKey, maxRetries: 0 })
    const events = []
    for await (const event of await responses.create({ ...asked, stream: true })) events.push(event)
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'response.failed', sequence_number: 5 },
      response: { status: 'failed', error: { code: 'interrupted' } },
    })
  })
})
