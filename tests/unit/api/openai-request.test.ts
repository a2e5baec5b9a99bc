import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChat } from '../../../host/api/openai/chat-request.ts'
import { readCompletion } from '../../../host/api/openai/completion-request.ts'
import { readEmbedding } from '../../../host/api/openai/embedding-request.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import { inferencePayload } from '../../../host/types/inference.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const chat = { model: 'm', messages }
const toolNamed = (name: string) => ({ type: 'function', function: { name } })
const tool = toolNamed('f')

/** The facts of the refusal of a request. */
function refused(read: () => unknown): Record<string, unknown> {
  try {
    read()
  } catch (thrown) {
    if (thrown instanceof RippleError && thrown.code === 'RIPPLE_BODY_INVALID') return thrown.facts
    throw thrown
  }
  return {}
}

describe('a chat', () => {
  it.each([
    [{ messages }, 'model', 'missing_required_parameter'],
    [{ model: 7, messages }, 'model', 'invalid_type'],
    [{ model: 'x'.repeat(limits.openai_model_chars_max + 1), messages }, 'model', 'invalid_value'],
    [{ model: 'm' }, 'messages', 'missing_required_parameter'],
    [{ model: 'm', messages: [] }, 'messages', 'invalid_value'],
    [{ model: 'm', messages: 'Hi' }, 'messages', 'invalid_type'],
    [{ model: 'm', messages: Array(limits.chat_messages_max + 1).fill(messages[0]) }, 'messages'],
    [{ model: 'm', messages: [{ content: 'Hi' }] }, 'messages[0].role', 'missing_required_parameter'],
    [{ model: 'm', messages: [{ role: 'function', content: 'Hi' }] }, 'messages[0].role'],
    [{ model: 'm', messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter'],
    [{ model: 'm', messages: [{ role: 'user', content: 7 }] }, 'messages[0].content', 'invalid_type'],
    [{ model: 'm', messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    [{ model: 'm', messages: [{ role: 'user', content: 'a\ud800' }] }, 'messages[0].content'],
    [
      { model: 'm', messages: [{ role: 'tool', content: 'x', tool_call_id: 'c' }] },
      'messages[0].tool_call_id',
    ],
    [{ ...chat, n: 9 }, 'n', 'invalid_value'],
    [{ ...chat, n: 0 }, 'n', 'invalid_value'],
    [{ ...chat, logprobs: 1 }, 'logprobs', 'invalid_type'],
    [{ ...chat, logprobs: true, top_logprobs: 21 }, 'top_logprobs', 'invalid_value'],
    [{ ...chat, top_logprobs: 3 }, 'top_logprobs', 'invalid_value'],
    [{ ...chat, logprobs: true, tools: [toolNamed('f')] }, 'logprobs', 'unsupported_value'],
    [{ ...chat, logprobs: true, response_format: { type: 'json_object' } }, 'logprobs', 'unsupported_value'],
    [{ ...chat, logit_bias: { five: 1 } }, 'logit_bias.five'],
    [{ ...chat, logit_bias: { 5: 101 } }, 'logit_bias.5'],
    [
      { ...chat, logit_bias: Object.fromEntries(Array.from({ length: 301 }, (_, at) => [at, 1])) },
      'logit_bias',
    ],
    [{ ...chat, modalities: ['text', 'audio'] }, 'modalities', 'unsupported_value'],
    [{ ...chat, functions: [{ name: 'f' }] }, 'functions', 'unsupported_value'],
    [{ ...chat, max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ ...chat, max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ ...chat, temperature: 2.1 }, 'temperature', 'invalid_value'],
    [{ ...chat, temperature: '1' }, 'temperature', 'invalid_type'],
    [{ ...chat, top_p: -0.1 }, 'top_p'],
    [{ ...chat, frequency_penalty: 3 }, 'frequency_penalty'],
    [{ ...chat, seed: 1.5 }, 'seed'],
    [{ ...chat, stop: Array(limits.stop_words_max + 1).fill('a') }, 'stop'],
    [{ ...chat, stop: 'a'.repeat(limits.stop_word_chars_max + 1) }, 'stop'],
    [{ ...chat, tools: Array.from({ length: 129 }, (_, n) => toolNamed(`f${n}`)) }, 'tools'],
    [{ ...chat, stop: ['a', 7] }, 'stop[1]', 'invalid_type'],
    [{ ...chat, stream: 'yes' }, 'stream', 'invalid_type'],
    [{ ...chat, stream_options: { include_usage: true } }, 'stream_options'],
    [{ ...chat, response_format: { type: 'xml' } }, 'response_format.type'],
    [{ ...chat, response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ ...chat, tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'tools[0].type'],
    [{ ...chat, tools: [{ type: 'function', function: { name: 'two words' } }] }, 'tools[0].function.name'],
    [{ ...chat, tools: [tool, tool] }, 'tools[1].function.name'],
    [{ ...chat, tool_choice: 'required' }, 'tool_choice'],
    [{ ...chat, tools: [tool], tool_choice: 'any' }, 'tool_choice'],
    [
      { ...chat, tools: [tool], tool_choice: { type: 'function', function: { name: 'g' } } },
      'tool_choice.function.name',
    ],
  ])('the chat %o is refused by %s', (body, param, reason = undefined) => {
    const facts = refused(() => readChat(body))
    expect(facts.param).toBe(param)
    expect(String(facts.detail).length).toBeGreaterThan(param.length + 8)
    if (reason) expect(facts.reason).toBe(reason)
  })

  it.each(['image_url', 'input_audio', 'file'])('a chat with %s is told that models read text', (type) => {
    const content = [
      { type: 'text', text: 'What is it?' },
      { type, [type]: {} },
    ]
    const facts = refused(() => readChat({ model: 'm', messages: [{ role: 'user', content }] }))
    expect(facts).toMatchObject({ param: 'messages[0].content[1].type' })
    expect(facts.detail).toContain('no images, sound or files')
  })

  it('a chat nested too deep is refused before it is walked', () => {
    let parameters: object = {}
    for (let depth = 0; depth < 100_000; depth++) parameters = { a: parameters }
    const body = { ...chat, tools: [{ type: 'function', function: { name: 'f', parameters } }] }
    expect(refused(() => readChat(body))).toMatchObject({
      detail: expect.stringContaining('nested deeper'),
    })
  })

  it('null fields of a chat are left out', () => {
    const names = [
      ...['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'seed', 'stop', 'stream', 'n'],
      ...['stream_options', 'tools', 'tool_choice', 'response_format', 'logprobs', 'logit_bias', 'user'],
      ...['frequency_penalty', 'presence_penalty', 'parallel_tool_calls', 'functions', 'modalities'],
    ]
    const nulls = Object.fromEntries(names.map((name) => [name, null]))
    expect(readChat({ ...chat, ...nulls })).toEqual(readChat(chat))
  })

  it("a chat's fields without effect change nothing", () => {
    const nothing = {
      n: 1,
      logprobs: false,
      logit_bias: {},
      top_logprobs: 0,
      modalities: ['text'],
      tools: [],
    }
    expect(readChat({ ...chat, ...nothing })).toEqual(readChat(chat))
  })

  it('a chat names its ignored fields up to a bound', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field_${index}`, index]))
    expect(readChat({ ...chat, store: true, metadata: {} }).ignored).toEqual(['store', 'metadata'])
    expect(readChat({ ...chat, ...many }).ignored.length).toBe(limits.openai_ignored_max)
  })

  it.each(['ripple/auto', 'Ripple/MoE'])('a chat may tell %s its task type in its metadata', (model) => {
    const metadata = { task_type: 'reasoning', run: '7' }
    for (const { ask, ignored } of [
      readChat({ ...chat, model, metadata }),
      readCompletion({ model, prompt: 'x', metadata }),
    ])
      expect([ask.task_type, ignored]).toEqual(['reasoning', []])
    const given = [{}, { run: '7' }, { task_type: null }, null, 'reasoning', ['task_type'], 7]
    for (const other of given) {
      const { ask, ignored } = readChat({ ...chat, model, metadata: other })
      expect([ask, ignored]).toEqual([readChat({ ...chat, model }).ask, ['metadata']])
    }
    for (const task_type of ['poem', '', 7, ['reasoning'], {}])
      expect(refused(() => readChat({ ...chat, model, metadata: { task_type } }))).toMatchObject({
        param: 'metadata.task_type',
        reason: 'invalid_value',
        detail: "'metadata.task_type': one of code_generation, reasoning, general, review",
      })
  })

  it("a single model ignores a chat's metadata", () => {
    const { ask, ignored } = readChat({ ...chat, metadata: { task_type: 'poem' } })
    expect([ask, ignored]).toEqual([readChat(chat).ask, ['metadata']])
  })

  it.each([
    [{ type: 'text' }, { type: 'text' }],
    [{ type: 'json_object' }, { type: 'json' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
      { type: 'schema', schema: { type: 'object' } },
    ],
  ])('a chat of the format %o asks for %o', (response_format, format) => {
    expect(readChat({ ...chat, response_format }).ask.format).toEqual(format)
  })

  it.each([
    [undefined, 'auto', ['f']],
    ['none', 'none', []],
    ['required', 'required', ['f']],
    [{ type: 'function', function: { name: 'f' } }, { name: 'f' }, ['f']],
  ])('a chat is read with the tool choice %o', (tool_choice, asked, callable) => {
    const read = readChat({ ...chat, tools: [tool], tool_choice })
    expect(read.ask.input).toMatchObject({ tool_choice: asked })
    expect(read.tools).toEqual(callable)
  })
})

describe('a completion', () => {
  it.each([
    [{ model: 'm' }, 'prompt', 'missing_required_parameter'],
    [{ model: 'm', prompt: '' }, 'prompt'],
    [{ model: 'm', prompt: ['a', ''] }, 'prompt[1]'],
    [{ model: 'm', prompt: [] }, 'prompt'],
    [{ model: 'm', prompt: Array(limits.completion_prompts_max + 1).fill('a') }, 'prompt'],
    [{ model: 'm', prompt: [1, -2] }, 'prompt[1]'],
    [{ model: 'm', prompt: [[1, 2], []] }, 'prompt[1]'],
    [{ model: 'm', prompt: [1], template: 'auto' }, 'template'],
    [{ model: 'm', prompt: 'x', template: 'auto', echo: true }, 'template'],
    [{ model: 'm', prompt: Array(17).fill('a'), n: 8 }, 'n'],
    [{ model: 'm', prompt: 'x', suffix: 'y' }, 'suffix', 'unsupported_value'],
    [{ model: 'm', prompt: 'x', best_of: 2 }, 'best_of', 'unsupported_value'],
    [{ model: 'm', prompt: 'x', logprobs: 21 }, 'logprobs'],
  ])('the completion %o is refused by %s', (body, param, reason = undefined) => {
    const facts = refused(() => readCompletion(body))
    expect(facts.param).toBe(param)
    if (reason) expect(facts.reason).toBe(reason)
  })

  it.each([
    [[7, 8], [[7, 8]]],
    [
      [[7, 8], [9]],
      [[7, 8], [9]],
    ],
  ])('a completion reads the tokens %j as they are', (prompt, wanted) => {
    const { ask, more } = readCompletion({
      model: 'm',
      prompt,
      echo: true,
      logprobs: 1,
      logit_bias: { 5: -1.5 },
    })
    const inputs = wanted.map((tokens) => ({ type: 'text', text: '', template: 'none', tokens }))
    expect([ask, ...more].map(({ input }) => input)).toEqual(inputs)
    expect(ask).toMatchObject({ logprobs: { top: 1, prompt: true }, logit_bias: [[5, -1_500]] })
  })

  it('a completion with several answers has an ask for each, prompt by prompt, with seeds of their own', () => {
    const { ask, more } = readCompletion({ model: 'm', prompt: ['a', 'b'], n: 2, seed: 7 })
    const texts = [ask, ...more].map(({ input, seed }) => [input.type === 'text' && input.text, seed])
    expect(texts).toEqual([
      ['a', 7],
      ['a', 8],
      ['b', 7],
      ['b', 8],
    ])
  })

  it('a completion may ask for the chat template', () => {
    const { ask } = readCompletion({ model: 'm', prompt: 'x', template: 'auto' })
    expect(ask.input).toEqual({ type: 'text', text: 'x', template: 'auto' })
  })
})

describe('embeddings', () => {
  it.each([
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: ['a', ''] }, 'input[1]'],
    [{ model: 'm', input: [1, 2] }, 'input[0]'],
    [{ model: 'm', input: Array(limits.embed_inputs_max + 1).fill('a') }, 'input'],
    [{ model: 'm', input: '' }, 'input'],
    [{ model: 'm', input: [[1, 2], [3]] }, 'input[0]'],
    [{ model: 'm', input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ model: 'm', input: 'a', dimensions: 0 }, 'dimensions'],
  ])('the embeddings %o are refused by %s', (body, param) => {
    expect(refused(() => readEmbedding(body)).param).toBe(param)
  })
})

describe('arbitrary bodies', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
  const role = fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function')
  const content = fc.oneof(text, fc.array(fc.record({ type: fc.constantFrom('text', 'image_url'), text })))
  const message = fc.record({ role, content, tool_call_id: text }, { requiredKeys: ['role'] })
  const request = fc.record(
    {
      model: text,
      prompt: fc.oneof(text, fc.array(text)),
      input: fc.oneof(text, fc.array(text)),
      messages: fc.array(message, { maxLength: 4 }),
      temperature: fc.double({ min: -0.5, max: 2.5 }),
      top_p: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.integer({ min: -1 }),
      stop: fc.oneof(text, fc.array(text, { maxLength: 6 })),
      max_tokens: fc.integer({ min: -1, max: 5_000 }),
      frequency_penalty: fc.double({ min: -2.1, max: 2.1 }),
      tools: fc.array(fc.record({ type: fc.constant('function'), function: fc.record({ name: text }) })),
      response_format: fc.record({ type: fc.constantFrom('text', 'json_object', 'json_schema') }),
    },
    { requiredKeys: [] },
  )

  it.each([
    ['a chat', readChat],
    ['a completion', readCompletion],
    ['embeddings', readEmbedding],
  ] as const)('any body of %s is read or refused with its field', (_what, read) => {
    const anything = fc.oneof({ weight: 4, arbitrary: request }, fc.jsonValue().filter(Boolean))
    fc.assert(
      fc.property(anything, (body) => {
        try {
          read(body)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RippleError)
          expect(thrown).toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
          const isObject = typeof body === 'object' && !Array.isArray(body)
          if (isObject) expect((thrown as RippleError).facts.param).toEqual(expect.any(String))
        }
      }),
    )
  })

  it("any request that is read fits a worker's payload", () => {
    let read = 0
    fc.assert(
      fc.property(request, (body) => {
        const given = { model: 'm', messages, prompt: 'p', input: 'i', ...body }
        for (const one of [readChat, readCompletion, readEmbedding]) {
          const asked = (() => {
            try {
              return one(given).ask
            } catch {
              return null
            }
          })()
          if (asked === null) continue
          read += 1
          const { input, format, stop, penalties, temperature_milli, top_p_milli, top_k } = asked
          const max_tokens = asked.max_tokens ?? 1
          const parameters = { max_tokens, temperature_milli, top_p_milli, top_k, context_tokens: 1 }
          const payload = { input, format, stop, penalties, parameters, seed: asked.seed ?? 0 }
          expect(inferencePayload.safeParse(payload)).toMatchObject({ success: true })
        }
      }),
    )
    expect(read).toBeGreaterThan(50)
  })
})
