import { describe, expect, test } from 'vitest'
import { answerGrammar } from '../../../host/engine/grammar/answer.ts'
import { limits } from '../../../host/limits.ts'
import type { AnswerFormat, InferencePayload } from '../../../host/types/inference.ts'
import type { Json } from '../../../host/types/json.ts'

const text = { type: 'text' as const, text: '', template: 'auto' as const }
const tool = (name: string, parameters: Json = {}) => ({ name, description: '', parameters })
type Chat = Extract<InferencePayload['input'], { type: 'chat' }>
const chat = (tools: Chat['tools'], tool_choice: Chat['tool_choice']): Chat => ({
  type: 'chat',
  messages: [],
  tools,
  tool_choice,
})
const schema = (of: Json): AnswerFormat => ({ type: 'schema', schema: of })
const plain = { type: 'text' as const }

describe('what has a grammar', () => {
  test('text has none, with or without tools that may not be called', () => {
    expect(answerGrammar({ input: text, format: plain })).toBeNull()
    expect(answerGrammar({ input: chat([], 'auto'), format: plain })).toBeNull()
    expect(answerGrammar({ input: chat([tool('a')], 'none'), format: plain })).toBeNull()
  })

  test('a tool that is named is the only one, and is called once', () => {
    const grammar = answerGrammar({ input: chat([tool('one'), tool('two')], { name: 'two' }), format: plain })
    expect(grammar).toContain('\\"two\\"')
    expect(grammar).not.toContain('\\"one\\"')
    expect(grammar).toContain('{0,0}')
    expect(grammar).not.toContain('\\"content\\"')
  })

  test.each(['auto', 'required'] as const)('with the choice %s every tool may be called', (choice) => {
    const grammar = answerGrammar({ input: chat([tool('one'), tool('two')], choice), format: plain }) ?? ''
    expect(grammar).toMatch(/\\"one\\"[\s\S]*\\"two\\"/)
    expect(grammar.includes('\\"content\\"')).toBe(choice === 'auto')
  })

  test.each([
    ['required', []],
    [{ name: 'three' }, [tool('one')]],
  ] as const)('the choice %j of tools that are not there', (choice, tools) => {
    expect(() => answerGrammar({ input: chat([...tools], choice), format: plain })).toThrow(/tool_choice/)
  })
})

describe('what of a schema a grammar does not carry is named', () => {
  test.each<[Json, RegExp]>([
    [{ type: 'string', pattern: 'a+' }, /at #: .*pattern/],
    [
      { type: 'object', properties: { a: { type: 'string', format: 'email' } } },
      /at #\/properties\/a: .*email/,
    ],
    [{ type: 'array', items: { type: 'number', minimum: 3 } }, /at #\/items: .*range/],
    [{ type: 'integer', minimum: 0, maximum: 10_000 }, /range/],
    [{ allOf: [{ type: 'string' }] }, /allOf/],
    [{ not: { type: 'string' } }, /not/],
    [{ $ref: 'https://example.org/schema' }, /reference/],
    [{ $ref: '#/$defs/gone' }, /reference #\/\$defs\/gone/],
    [{ type: 'string', maxLength: limits.schema_count_max + 1 }, /maxLength/],
    [{ type: 'object', required: ['a'], additionalProperties: false }, /required property a/],
    [{ type: 'set' }, /type "set"/],
    [false, /false/],
    [nested(limits.schema_depth_max + 2), /so deep/],
    [{ enum: Array.from({ length: 40_000 }, (_, i) => `value ${i}`) }, /characters/],
  ])('%j', (of, what) => {
    expect(() => answerGrammar({ input: text, format: schema(of) })).toThrow(what)
    // A tool's arguments obey what is carried.
    if (JSON.stringify(of).length < 10_000)
      expect(answerGrammar({ input: chat([tool('a', of)], 'auto'), format: plain })).toContain('tool_calls')
  })

  test.each<Json>([
    {},
    true,
    { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
    { type: ['string', 'null'], maxLength: 3 },
    { $ref: '#/$defs/tree', $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } } },
    { title: 't', description: 'd', default: 1, const: 1, 'x-own': true },
  ])('%j is carried', (of) => {
    expect(answerGrammar({ input: text, format: schema(of) })).toContain('root ::=')
  })
})

function nested(depth: number): Json {
  return depth === 0 ? { type: 'null' } : { type: 'array', items: nested(depth - 1) }
}
