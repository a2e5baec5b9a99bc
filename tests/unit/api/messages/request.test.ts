/** Tests how bodies of Anthropic's Messages API are read, whatever they hold. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMessages } from '../../../../host/api/messages/request.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { inferenceInput } from '../../../../host/types/inference.ts'

/** Bodies that the rule is tried with. */
const RUNS = 2_000

/** A body that uses every field. */
const whole = {
  model: 'ripple/auto',
  max_tokens: 64,
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: 1' },
    { type: 'text', text: 'Be brief.' },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Weather?', cache_control: { type: 'ephemeral' } }] },
    { role: 'system', content: 'The day is over.' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'A tool.', signature: 's' },
        { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bern' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference', tool_name: 'late' }] },
      ],
    },
  ],
  tools: [
    { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
    { name: 'late', defer_loading: true, strict: true, input_schema: { type: 'object' } },
    { type: 'web_search_20250305', name: 'web_search' },
  ],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
  stop_sequences: ['END'],
  temperature: 0.5,
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

test('a body that uses every field becomes a chat', () => {
  const { ask, tools, ignored } = readMessages(whole, {})
  expect(inferenceInput.safeParse(ask.input).success).toBe(true)
  expect(tools).toEqual(['weather', 'late'])
  expect(new Set(ignored)).toEqual(
    new Set([
      ...['system.0', 'tools.2', 'output_config.effort', 'messages.0.content.0.cache_control'],
      ...['messages.2.content.0.thinking', 'messages.2.content.0.signature'],
    ]),
  )
})

test('a body with any value in any place becomes a chat of the protocol, or is refused', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...placesIn(whole).map((path) => at(whole, path))))
  fc.assert(
    fc.property(fc.constantFrom(...placesIn(whole)), value, (path, to) => {
      let read: ReturnType<typeof readMessages>
      try {
        read = readMessages(changed(whole, path, to), {})
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RippleError)
        expect(thrown).toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
        return
      }
      expect(inferenceInput.safeParse(read.ask.input).error).toBeUndefined()
    }),
    { numRuns: RUNS },
  )
})

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value)
}
