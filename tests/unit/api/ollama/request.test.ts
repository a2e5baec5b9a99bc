/** Tests how bodies of Ollama's API are read, whatever they hold. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type OllamaRequest, readChat, readGenerate } from '../../../../host/api/ollama/request.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { inferenceInput } from '../../../../host/types/inference.ts'

/** Bodies that the rule is tried with. */
const RUNS = 2_000

const schema = { type: 'object', properties: { age: { type: 'integer' } } }
const messages = [{ role: 'user', content: 'Weather?' }]

/** A chat that uses every field. */
const whole = {
  model: 'smol:latest',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Weather?', images: [] },
    {
      role: 'assistant',
      content: '',
      thinking: 'A tool.',
      tool_calls: [
        { function: { name: 'weather', arguments: { city: 'Bern' } } },
        { id: 'b', function: { name: 'time', arguments: {} } },
      ],
    },
    { role: 'tool', tool_name: 'time', content: 'Noon.' },
    { role: 'tool', content: 'Rain.' },
  ],
  tools: [
    { type: 'function', function: { name: 'weather', parameters: schema } },
    { type: 'web_search', function: { name: 'search' } },
  ],
  options: {
    ...{ temperature: 0.5, top_p: 0.9, top_k: 40, seed: -1, num_predict: 9, stop: ['END'] },
    ...{ frequency_penalty: 0.5, presence_penalty: 0.5, repeat_penalty: 1.1, num_ctx: 4_096 },
  },
  keep_alive: '5m',
  think: false,
  stream: true,
}

/** Returns every place in a document, as a path. */
function placesIn(value: unknown): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [
    [],
    ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner).map((path) => [key, ...path])),
  ]
}

/** Returns a copy of a document with another value at a place. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to
  const copy: object = Array.isArray(value) ? [...value] : { ...(value as object) }
  Reflect.set(copy, key, changed(Reflect.get(copy, key), rest, to))
  return copy
}

function refusal(read: () => OllamaRequest): unknown {
  try {
    read()
  } catch (thrown) {
    return thrown instanceof RippleError ? [thrown.code, thrown.facts.param] : thrown
  }
  return null
}

test('a chat that uses every field becomes an ask, and names what has no effect', () => {
  const { ask, stream, tools, ignored, samplers } = readChat(whole)
  expect(inferenceInput.safeParse(ask.input).error).toBeUndefined()
  expect(ask).toMatchObject({
    ...{ model: 'smol', max_tokens: 9, temperature_milli: 500, top_p_milli: 900, top_k: 40, seed: null },
    ...{ stop: ['END'], penalties: { frequency_milli: 500, presence_milli: 500 }, format: { type: 'text' } },
  })
  expect([stream, tools]).toEqual([true, ['weather']])
  expect(new Set(ignored)).toEqual(
    new Set([
      ...['keep_alive', 'think', 'messages.2.thinking', 'tools.1'],
      ...['options.repeat_penalty', 'options.num_ctx'],
    ]),
  )
  expect(samplers).toContain('options.temperature')
})

test('a result without an id answers the call of its tool, else the oldest open one', () => {
  const { input } = readChat(whole).ask
  const turns = input.type === 'chat' ? input.messages : []
  const [first, second] = turns[2]?.tool_calls ?? []
  expect([first?.arguments, second?.id]).toEqual(['{"city":"Bern"}', 'b'])
  expect(turns.slice(3).map(({ tool_call_id }) => tool_call_id)).toEqual(['b', first?.id])
})

test('a body with any value in any place becomes a chat of the protocol, or is refused', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...placesIn(whole).map((path) => at(whole, path))))
  fc.assert(
    fc.property(fc.constantFrom(...placesIn(whole)), value, (path, to) => {
      let read: OllamaRequest
      try {
        read = readChat(changed(whole, path, to))
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
        return
      }
      expect(inferenceInput.safeParse(read.ask.input).error).toBeUndefined()
    }),
    { numRuns: RUNS },
  )
})

describe('a prompt', () => {
  it.each([
    [{}, { type: 'text', text: 'Hi', template: 'auto' }],
    [{ raw: true }, { type: 'text', text: 'Hi', template: 'none' }],
    [
      { system: 'Be brief.' },
      { type: 'chat', messages: [{ role: 'system' }, { role: 'user', content: 'Hi' }] },
    ],
  ])('a prompt with %j becomes %j', (fields, input) => {
    expect(readGenerate({ model: 'm', prompt: 'Hi', ...fields }).ask.input).toMatchObject(input)
  })

  it.each([
    [{ format: '' }, { type: 'text' }],
    [{ format: 'json' }, { type: 'json' }],
    [{ format: schema }, { type: 'schema', schema }],
  ])('the format %j becomes %j', (fields, format) => {
    expect(readGenerate({ model: 'm', prompt: 'Hi', ...fields }).ask.format).toEqual(format)
    expect(readChat({ model: 'm', messages, ...fields }).ask.format).toEqual(format)
  })

  it.each([-2, -1, 0])('the bound %i of tokens is none', (num_predict) => {
    expect(readGenerate({ model: 'm', prompt: 'Hi', options: { num_predict } }).ask.max_tokens).toBe(null)
  })
})

describe('a field that would mislead', () => {
  it.each([
    [{ suffix: 'end' }, 'suffix'],
    [{ template: '{{ .Prompt }}' }, 'template'],
    [{ context: [1, 2] }, 'context'],
    [{ images: ['aGk='] }, 'images'],
    [{ raw: true, system: 'Be brief.' }, 'system'],
    [{ format: 'yaml' }, 'format'],
    [{ options: { temperature: 'hot' } }, 'options.temperature'],
    [{ format: 'json', logprobs: true }, 'logprobs'],
  ])('a prompt with %j is refused by its field', (fields, param) => {
    const body = { model: 'm', prompt: 'Hi', ...fields }
    expect(refusal(() => readGenerate(body))).toEqual(['RIPPLE_BODY_INVALID', param])
  })

  it.each([
    [{ role: 'user', content: 'See', images: ['aGk='] }, 'messages[0].images'],
    [{ role: 'tool', content: 'Rain.' }, 'messages[0]'],
    [{ role: 'tool', content: 'Rain.', tool_call_id: 'a' }, 'messages[0]'],
    [{ role: 'robot', content: 'Hi' }, 'messages[0].role'],
  ])('the turn %j is refused by its field', (turn, param) => {
    expect(refusal(() => readChat({ model: 'm', messages: [turn] }))).toEqual(['RIPPLE_BODY_INVALID', param])
  })
})

test('the tag `latest` is dropped, but not from the name of a model of a provider', () => {
  const modelOf = (model: string) => readChat({ model, messages }).ask.model
  expect(['smol:latest', 'upstream:lan/llama3:latest', 'peer:nas/smol', ':latest'].map(modelOf)).toEqual([
    'smol',
    'upstream:lan/llama3:latest',
    'peer:nas/smol',
    ':latest',
  ])
})

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value)
}
