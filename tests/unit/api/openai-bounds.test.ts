/** Tests that the API accepts requests that OpenAI's clients usually send: bounds as large as OpenAI's, and empty forms. */

import { BadRequestError } from 'openai'
import { describe, expect, it } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { Ask } from '../../../host/types/answer.ts'
import { inPieces, rippleIn, StandInInference, serve, untilAborted } from './openai-stand-in.ts'
import { token } from './stub-api.ts'

const model = 'SmolLM2-135M-Instruct'
const messages = [{ role: 'user' as const, content: 'Hi' }]
const toolNamed = (name: string) => ({ type: 'function' as const, function: { name } })
const call = { id: 'c1', function: { name: 'f', arguments: '{}' } }

interface Body {
  readonly ripple: { readonly ignored: readonly string[]; readonly receipts: readonly string[] }
  readonly error?: { readonly message: string; readonly param: string }
}

/** Posts a body as it is, which the client's types may not allow. */
async function post(path: string, body: object, inference = new StandInInference(), headers = {}) {
  const { url } = await serve(inference)
  const answer = await fetch(`${url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Body, asked: inference.asked }
}

/** Returns the ask that a chat with these fields makes. */
async function askedBy(fields: object): Promise<Ask & { readonly ignored: readonly string[] }> {
  const { status, body, asked } = await post('chat/completions', { model, messages, ...fields })
  expect([status, body.error]).toEqual([200, undefined])
  const [one] = asked
  if (one === undefined) throw new TypeError('nothing was asked')
  return { ...one, ignored: body.ripple.ignored }
}

describe('a bound of tokens', () => {
  it.each([
    [{ max_tokens: 32_000 }, 32_000],
    [{ max_tokens: 2 ** 64 }, limits.max_tokens_max],
    [{ max_completion_tokens: 8_192 }, 8_192],
    [{ max_tokens: 16.0 }, 16],
    [{ max_tokens: 9, max_completion_tokens: 7 }, 7],
    [{ max_tokens: null, max_completion_tokens: null }, null],
    [{}, null],
  ])('%o is an upper bound of tokens', async (fields, max_tokens) => {
    expect((await askedBy(fields)).max_tokens).toBe(max_tokens)
  })

  it('a bound of tokens beyond any model is accepted', async () => {
    expect((await askedBy({ max_tokens: 2 ** 31 - 1 })).max_tokens).toBeGreaterThan(100_000)
  })

  it('a completion without a bound has 16 tokens, as at OpenAI', async () => {
    const { asked } = await post('completions', { model, prompt: 'Once' })
    expect(asked[0]?.max_tokens).toBe(16)
  })
})

describe('a chat', () => {
  it('a chat may name 128 tools', async () => {
    const tools = Array.from({ length: 128 }, (_, n) => toolNamed(`f${n}`))
    const { input } = await askedBy({ tools, tool_choice: 'none' })
    expect(input.type === 'chat' && input.tools.length).toBe(128)
  })

  it('a chat may allow some of its tools, and tools without a type are functions', async () => {
    const tools = ['f', 'g', 'h'].map((name) => ({ function: { name } }))
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] }
    const { input } = await askedBy({ tools, tool_choice: { type: 'allowed_tools', allowed_tools } })
    expect(input).toMatchObject({ tools: [{ name: 'g' }], tool_choice: 'required' })
    const wrong = { ...allowed_tools, tools: [{ type: 'function', function: { name: 'x' } }] }
    const tool_choice = { type: 'allowed_tools', allowed_tools: wrong }
    const { status, body } = await post('chat/completions', { model, messages, tools, tool_choice })
    expect([status, body.error?.param]).toEqual([400, 'tool_choice.allowed_tools.tools'])
  })

  it.each([
    [[], []],
    [null, []],
    ['', []],
    [['', 'a'], ['a']],
    [
      ['a', 'b', 'c', 'd', 'e'],
      ['a', 'b', 'c', 'd', 'e'],
    ],
    [Array.from({ length: 16 }, (_, n) => `w${n}`), Array.from({ length: 16 }, (_, n) => `w${n}`)],
  ])('a chat may name the stop words %j', async (stop, taken) => {
    expect((await askedBy({ stop })).stop).toEqual(taken)
  })

  it.each([
    [0, 0],
    [7, 7],
    [-1, 0xffff_ffff],
    [2 ** 40 + 5, 5],
    [2 ** 53, 0],
    [-(2 ** 63), 0],
  ])('a chat may name the seed %d', async (seed, taken) => {
    expect((await askedBy({ seed })).seed).toBe(taken)
  })

  it.each([
    [{ temperature: 0 }],
    [{ temperature: 2 }],
    [{ top_p: 0 }],
    [{ top_p: 1 }],
    [{ n: 1 }],
    [{ logprobs: false }],
    [{ logit_bias: {} }],
    [{ modalities: ['text'] }],
    [{ stream: false, stream_options: null }],
    [{ tools: [] }],
    [{ functions: [] }],
    [{ function_call: 'none' }],
    [{ tool_choice: 'auto' }],
    [{ parallel_tool_calls: true }],
    [{ response_format: { type: 'text' } }],
  ])('a chat with %o is answered', async (fields) => {
    expect((await askedBy(fields)).ignored).toEqual([])
  })

  it('a chat is answered without the fields that change nothing, and names them', async () => {
    const idle = {
      user: 'u1',
      store: true,
      metadata: { a: 'b' },
      service_tier: 'auto',
      reasoning_effort: 'low',
      prediction: { type: 'content', content: 'x' },
      safety_identifier: 's',
      prompt_cache_key: 'k',
    }
    expect((await askedBy(idle)).ignored).toEqual(Object.keys(idle))
    const nulls = { user: null, store: null, service_tier: null, reasoning_effort: null }
    expect((await askedBy(nulls)).ignored).toEqual([])
  })

  it.each([
    [{ n: 9 }, 'n'],
    [{ logprobs: true, tools: [toolNamed('f')] }, 'logprobs'],
    [{ logit_bias: { 5: -101 } }, 'logit_bias.5'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ messages: [] }, 'messages'],
  ])('a chat with %o, whose answer would mislead, is refused by name', async (fields, param) => {
    const { status, body } = await post('chat/completions', { model, messages, ...fields })
    expect([status, body.error?.param]).toEqual([400, param])
  })
})

describe('a turn of a chat', () => {
  const turns = async (...given: readonly object[]) => {
    const { input } = await askedBy({ messages: given })
    return input.type === 'chat' ? input.messages : []
  }

  it.each([[], null, undefined])("an assistant's turn with the calls %j has none", async (tool_calls) => {
    const [, said] = await turns(...messages, { role: 'assistant', content: 'Yes', tool_calls })
    expect(said).toEqual({ role: 'assistant', content: 'Yes', tool_calls: [], tool_call_id: null })
  })

  it("an assistant's turn may have calls without a type", async () => {
    const [, said, answered] = await turns(
      ...messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'rain' }], name: 'f' },
    )
    expect(said?.tool_calls).toEqual([{ id: 'c1', name: 'f', arguments: '{}' }])
    expect(answered).toMatchObject({ role: 'tool', content: 'rain', tool_call_id: 'c1' })
  })

  it.each(['', null, undefined])(
    "an assistant's call with the empty arguments %j is accepted",
    async (given) => {
      const calls = [{ id: 'c1', function: { name: 'f', arguments: given } }]
      const [, said] = await turns(...messages, { role: 'assistant', tool_calls: calls })
      expect(said?.tool_calls).toEqual([{ id: 'c1', name: 'f', arguments: '{}' }])
    },
  )

  it("an assistant's turn may have 100 calls", async () => {
    const calls = Array.from({ length: 100 }, (_, n) => ({ ...call, id: `c${n}` }))
    const [, said] = await turns(...messages, { role: 'assistant', tool_calls: calls })
    expect(said?.tool_calls.length).toBe(100)
  })

  it.each([
    [{ role: 'developer', content: 'Be short.', name: 'dev' }, 'system', 'Be short.'],
    [{ role: 'user', content: [{ type: 'text', text: 'a' }], name: 'ann' }, 'user', 'a'],
    [{ role: 'assistant', content: [] }, 'assistant', ''],
    [{ role: 'assistant', content: null, refusal: null, function_call: null }, 'assistant', ''],
    [{ role: 'assistant', content: 'It is' }, 'assistant', 'It is'],
  ])('the turn %o is accepted, also as the last one', async (turn, role, content) => {
    expect((await turns(...messages, turn)).at(-1)).toMatchObject({ role, content })
  })

  it('the empty turn of a tool is accepted', async () => {
    const given = [
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: null },
    ]
    expect((await turns(...messages, ...given)).at(-1)).toMatchObject({ role: 'tool', content: '' })
  })

  it('a turn may repeat the one before', async () => {
    expect(await turns(...messages, ...messages)).toHaveLength(2)
  })
})

describe('several prompts', () => {
  /** Answers each prompt with itself, twice. */
  const echoing = () =>
    new StandInInference(({ input }) => {
      const text = input.type === 'text' ? input.text : ''
      const usage = { tokens_in: text.length, tokens_out: 2 * text.length }
      const end = { text: text + text, usage, receipt: `/receipts/${text}` }
      return { pieces: () => inPieces(text, text), end }
    })
  const prompt = ['a', 'bb', '😀']

  it('several prompts are answered with a choice each, and their tokens add up', async () => {
    const inference = echoing()
    const { client } = await serve(inference)
    const answer = await client.completions.create({ model, prompt, max_tokens: 8 })
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'aa'],
      [1, 'bbbb'],
      [2, '😀😀'],
    ])
    expect(answer.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 10, total_tokens: 15 })
    expect(rippleIn(answer)).toMatchObject({ receipts: ['/receipts/a', '/receipts/bb', '/receipts/😀'] })
    expect(inference.asked.map(({ max_tokens }) => max_tokens)).toEqual([8, 8, 8])
  })

  it('several prompts stream, each piece with the number of its prompt', async () => {
    const { client } = await serve(echoing())
    const stream_options = { include_usage: true }
    const asked = { model, prompt, stream: true, stream_options } as const
    const chunks = await Array.fromAsync(await client.completions.create(asked))
    const texts = ['', '', '']
    for (const { choices } of chunks) for (const { index, text } of choices) texts[index] += text
    expect(texts).toEqual(['aa', 'bbbb', '😀😀'])
    const ends = chunks.flatMap(({ choices }) => choices.filter((one) => one.finish_reason !== null))
    expect(ends.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'stop'],
      [1, 'stop'],
      [2, 'stop'],
    ])
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(15)
  })

  it('several prompts are tasks of their own under one key, stable for a repeated request', async () => {
    const headers = { 'x-ripple-key': 'k'.repeat(16) }
    const keys = async () =>
      (await post('completions', { model, prompt }, echoing(), headers)).asked.map(({ key }) => key)
    const first = await keys()
    expect([new Set(first).size, first[0]]).toEqual([3, 'k'.repeat(16)])
    expect(await keys()).toEqual(first)
  })

  it('several prompts fail together when one cannot be answered', async () => {
    const inference = new StandInInference(({ input }) => {
      if (input.type === 'text' && input.text === 'bb')
        throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { model, tokens: 9, max: 8 })
      return { pieces: untilAborted }
    })
    const { client } = await serve(inference)
    const asked = client.completions.create({ model, prompt })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
    await expect.poll(() => inference.signals.map(({ aborted }) => aborted)).toEqual([true, true, true])
  })

  it('prompts beyond the bound wait for others, and all are answered in order', async () => {
    let [running, most] = [0, 0]
    const inference = new StandInInference(({ input }) => {
      const text = input.type === 'text' ? input.text : ''
      most = Math.max(most, ++running)
      async function* pieces() {
        yield* inPieces(text)
        running -= 1
      }
      return { pieces, end: { text } }
    })
    const { client } = await serve(inference)
    const many = Array.from({ length: limits.completion_prompts_max }, (_, index) => `p${index}`)
    const { choices } = await client.completions.create({ model, prompt: many })
    expect(choices.map(({ text }) => text)).toEqual(many)
    expect(most).toBe(limits.openai_asks_at_once_max)
  })

  it('a list of one prompt is one task', async () => {
    const { client, inference } = await serve(echoing())
    const { choices } = await client.completions.create({ model, prompt: ['a'] })
    expect([choices.length, inference.asked.length]).toEqual([1, 1])
  })
})

describe('texts to embed', () => {
  /** Embeds each text as the number that it is. */
  const numbers = () =>
    new StandInInference(({ input }) => {
      const texts = input.type === 'embed' ? input.texts : []
      const vectors = texts.map((one) =>
        Buffer.from(Float32Array.of(Number(one.split(' ')[0])).buffer).toString('base64'),
      )
      const text = JSON.stringify({ vectors })
      return {
        pieces: () => inPieces(text),
        end: { text, usage: { tokens_in: texts.length, tokens_out: 0 } },
      }
    })

  it.each([300, 2_048])('%d texts get their vectors in order', async (count) => {
    const { client } = await serve(numbers())
    const input = Array.from({ length: count }, (_, n) => `${n}`)
    for (const encoding_format of ['float', 'base64'] as const) {
      const { data, usage } = await client.embeddings.create({ model, input, encoding_format })
      expect(data.map(({ index }) => index)).toEqual(input.map(Number))
      const first = encoding_format === 'float' ? [count - 1] : expect.any(String)
      expect(data.at(-1)?.embedding).toEqual(first)
      expect(usage).toEqual({ prompt_tokens: count, total_tokens: count })
    }
  })

  it('texts to embed may be longer together than one task may be', async () => {
    const { client, inference } = await serve(numbers())
    const input = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(50_000)}`)
    const { data } = await client.embeddings.create({ model, input })
    expect(data.map(({ embedding }) => embedding)).toEqual(input.map((_, n) => [n]))
    for (const { input } of inference.asked) expect(JSON.stringify(input).length).toBeLessThan(1_000_000)
  })

  it("texts to embed as tokens are refused with the client's setting", async () => {
    const { client } = await serve()
    for (const input of [
      [1, 2, 3],
      [[1, 2], [3]],
    ] as number[][]) {
      const error = await client.embeddings.create({ model, input }).catch((one) => one)
      expect(error).toBeInstanceOf(BadRequestError)
      expect(error.message).toContain('check_embedding_ctx_length=False')
    }
  })

  it('an empty text to embed is refused by its index, as at OpenAI', async () => {
    const { status, body } = await post('embeddings', { model, input: ['a', ''] })
    expect([status, body.error?.param]).toEqual([400, 'input[1]'])
  })

  it('a user field with texts to embed is named as ignored', async () => {
    const { body } = await post('embeddings', { model, input: '1', user: 'u', dimensions: null }, numbers())
    expect(body.ripple.ignored).toEqual(['user'])
  })
})
