import { describe, expect, test } from 'vitest'
import { z } from 'zod'
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

const animal = (kind: string) => ({
  type: 'object',
  properties: { kind: { const: kind } },
  required: ['kind'],
})
const [cat, dog] = [animal('cat'), animal('dog')]

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
    expect(grammar).toMatch(/"\[" ws r\d+ ws +"\]"/)
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
    [{ type: ['string', 'null'], pattern: '^[A-Z]{3}$' }, /at #: .*pattern/],
    [{ type: ['string', 'null'], format: 'email' }, /format "email"/],
    [{ type: ['number', 'null'], maximum: 10 }, /at #: .*maximum/],
    [{ type: ['integer', 'number'], minimum: 0, maximum: 10 }, /at #: .*maximum/],
    [{ type: ['integer', 'null'], multipleOf: 2 }, /multipleOf/],
    [{ type: ['string', 'null'], minimum: 3 }, /minimum/],
    [{ type: ['array', 'null'], uniqueItems: true }, /uniqueItems/],
    [{ type: [] }, /the type \[\]/],
    [{ type: 'string', enum: [1, 2] }, /enum of another type/],
    [{ type: 'string', minLength: 3, maxLength: 2 }, /minLength above its maxLength/],
    [{ type: 'string', format: 'date', maxLength: 3 }, /a length beside the format/],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, /oneOf of schemas that may hold at once/],
    [{ oneOf: [{ const: 'a' }, { type: 'string' }] }, /oneOf/],
    [{ oneOf: [{ enum: ['a', 'b'] }, { enum: ['b'] }] }, /oneOf/],
    [{ oneOf: [cat, { ...cat, properties: { kind: { enum: ['cat', 'dog'] } } }] }, /oneOf/],
    [{ oneOf: [cat, { ...dog, required: [] }] }, /oneOf/],
    [{ oneOf: [cat, true] }, /oneOf/],
    [{ oneOf: [{ type: 'string' }, { $ref: '#' }] }, /oneOf/],
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
    { type: ['integer', 'null'], minimum: 0, maximum: 10 },
    { type: ['number', 'null'], minimum: 0 },
    { type: ['object', 'null'], properties: { a: { type: 'string' } }, required: ['a'] },
    { type: ['string', 'null'], enum: ['a', null] },
    { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] },
    { oneOf: [{ const: 'a' }, { enum: ['b', 1] }] },
    { oneOf: [cat, dog, { type: 'null' }] },
    {
      oneOf: [{ $ref: '#/$defs/cat' }, { $ref: '#/$defs/dog' }],
      discriminator: { propertyName: 'kind' },
      $defs: { cat, dog },
    },
    z.toJSONSchema(
      z.object({
        pet: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('cat'), lives: z.int() }),
          z.object({ kind: z.enum(['dog', 'wolf']), name: z.string().nullable() }),
        ]),
        age: z.int().min(0).max(150).nullable(),
      }),
    ) as Json,
    { $ref: '#/$defs/tree', $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } } },
    { title: 't', description: 'd', default: 1, const: 1, 'x-own': true },
  ])('%j is carried', (of) => {
    expect(answerGrammar({ input: text, format: schema(of) })).toContain('root ::=')
  })
})

test('a listed value of another type than the schema names is left out', () => {
  const grammar = answerGrammar({
    input: text,
    format: schema({ type: ['string', 'null'], enum: ['a', 7, null] }),
  })
  expect(grammar).toContain('"\\"a\\"" | "null"')
})

function nested(depth: number): Json {
  return depth === 0 ? { type: 'null' } : { type: 'array', items: nested(depth - 1) }
}

describe('schemas that are much work', () => {
  const properties = (count: number, of: (at: number) => Json): Json => ({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, of(at)])),
  })
  /** Processor time that such a schema may take at most, in milliseconds: all else of the daemon waits for it. */
  const BUSY_MS = 1_500

  function busy(of: Json): { readonly said: string; readonly ms: number } {
    const before = process.cpuUsage()
    let said = ''
    try {
      said = answerGrammar({ input: text, format: schema(of) }) ?? ''
    } catch (thrown) {
      said = String(thrown)
    }
    const { user, system } = process.cpuUsage(before)
    return { said, ms: (user + system) / 1_000 }
  }

  test('a range of integers is one rule, however many properties have it', () => {
    const grammar = busy(properties(1_000, () => ({ type: 'integer', minimum: 0, maximum: 999 }))).said
    expect(grammar.match(/"999"/g)).toHaveLength(1)
  })

  test.each<[string, Json, RegExp]>([
    [
      'ranges of their own',
      properties(4_000, (at) => ({ type: 'integer', minimum: at, maximum: at + 999 })),
      /grammar .*characters/,
    ],
    [
      'more than a grammar may have',
      properties(20_000, () => ({ type: 'integer', minimum: 0, maximum: 999 })),
      /schema has more than/,
    ],
    [
      'branches that list values',
      {
        oneOf: Array.from({ length: 400 }, (_, at) => ({
          enum: Array.from({ length: 80 }, (_, i) => at * 100 + i),
        })),
      },
      /oneOf/,
    ],
    [
      'branches within branches',
      {
        $defs: { x: { oneOf: Array.from({ length: 100 }, (_, at) => ({ const: at })) } },
        ...(properties(3_000, () => ({ oneOf: [{ $ref: '#/$defs/x' }, { type: 'null' }] })) as object),
      },
      /oneOf|characters/,
    ],
  ])('%s are refused in time', (_what, of, why) => {
    const { said, ms } = busy(of)
    expect(said).toMatch(why)
    expect(ms).toBeLessThan(BUSY_MS)
  })

  test('tools are named where they made it too long', () => {
    const many = Array.from({ length: 60 }, (_, at) =>
      tool(
        `t${at}`,
        properties(2, (i) => ({ type: 'integer', minimum: i + at, maximum: 900 + at })),
      ),
    )
    const error = (tools: Chat['tools']) => {
      try {
        answerGrammar({ input: chat(tools, 'auto'), format: plain })
      } catch (thrown) {
        return thrown
      }
    }
    expect(error(many)).toMatchObject({ code: 'RIPPLE_BODY_INVALID', facts: { param: 'tools' } })
  })
})
