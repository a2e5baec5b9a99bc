import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { answerGrammar } from '../../../host/engine/grammar/answer.ts'
import { shapeOfSchema } from '../../../host/engine/grammar/schema.ts'
import { limits } from '../../../host/limits.ts'
import type { AnswerFormat, InferencePayload } from '../../../host/types/inference.ts'
import type { Json } from '../../../host/types/json.ts'
import { Prng } from '../../harness/sim/random.ts'
import { sampler } from './sample-grammar.ts'

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

describe('tool choices', () => {
  test('a text answer has no grammar, also with tools that may not be called', () => {
    expect(answerGrammar({ input: text, format: plain })).toBeNull()
    expect(answerGrammar({ input: chat([], 'auto'), format: plain })).toBeNull()
    expect(answerGrammar({ input: chat([tool('a')], 'none'), format: plain })).toBeNull()
  })

  test('a named tool is the only one in the grammar and is called once', () => {
    const grammar = answerGrammar({ input: chat([tool('one'), tool('two')], { name: 'two' }), format: plain })
    expect(grammar).toContain('\\"two\\"')
    expect(grammar).not.toContain('\\"one\\"')
    expect(grammar).toMatch(/"\[" ws r\d+ ws +"\]"/)
    expect(grammar).not.toContain('\\"content\\"')
  })

  test.each(['auto', 'required'] as const)('the grammar of the choice %s has every tool', (choice) => {
    const grammar = answerGrammar({ input: chat([tool('one'), tool('two')], choice), format: plain }) ?? ''
    expect(grammar).toMatch(/\\"one\\"[\s\S]*\\"two\\"/)
    expect(grammar.includes('\\"content\\"')).toBe(choice === 'auto')
  })

  test.each([
    ['required', []],
    [{ name: 'three' }, [tool('one')]],
  ] as const)('the tool choice %j is refused if no such tool exists', (choice, tools) => {
    expect(() => answerGrammar({ input: chat([...tools], choice), format: plain })).toThrow(/tool_choice/)
  })
})

/** Draws of one grammar, the same in every run. */
function draws(of: Json, count = 30): unknown[] {
  const random = new Prng(7)
  const draw = sampler(answerGrammar({ input: text, format: schema(of) }) ?? '')
  return Array.from({ length: count }, () => JSON.parse(draw((below) => random.int(0, below - 1))))
}

/** The check of a schema by ajv and nothing of ours. */
function checkOf(of: Json): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, logger: false, formats: fullFormats, multipleOfPrecision: 4 })
  return ajv.compile(of as object | boolean)
}

describe('the grammar carries all of a schema', () => {
  test.each<Json>([
    { type: 'integer', minimum: 0, maximum: 10_000 },
    { type: 'integer', minimum: -17, maximum: 12_345 },
    { type: 'integer', minimum: 18 },
    { type: 'integer', maximum: -1_001 },
    { type: 'integer', exclusiveMinimum: 9, exclusiveMaximum: 11 },
    { type: 'integer', minimum: 0, maximum: 120, multipleOf: 5 },
    { type: 'number', minimum: 0, maximum: 1 },
    { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    { type: 'number', minimum: -90, maximum: 90 },
    { type: 'number', minimum: 0.25, maximum: 0.75 },
    { type: 'number', exclusiveMinimum: -0.5, exclusiveMaximum: -0.25 },
    { type: 'number', minimum: -273.15 },
    { type: 'number', exclusiveMaximum: 37.5 },
    { type: 'number', minimum: 0, maximum: 2, multipleOf: 0.25 },
    { type: 'number', minimum: 0, maximum: 1_000_000, multipleOf: 0.01 },
    { type: 'number', multipleOf: 1 },
    { type: ['integer', 'null'], minimum: 0, maximum: 10 },
    { type: ['number', 'null'], maximum: 10 },
    { minimum: 3 },
    ...['email', 'uuid', 'date', 'time', 'date-time', 'duration', 'uri', 'hostname', 'ipv4', 'ipv6'].map(
      (format): Json => ({ type: 'string', format }),
    ),
    ...[
      ...[
        '^[A-Z]{3}$',
        '^a+$',
        'b',
        '^c',
        'd$',
        String.raw`^\d{4}-\d{2}$`,
        '^(?:yes|no)$',
        '^[^,;]+,[^,;]*$',
      ],
      ...[
        String.raw`^\w+@\w+\.de$`,
        '^#[0-9a-fA-F]{6}$',
        '^"quoted"$',
        String.raw`^C:\\[a-z]+$`,
        '^(a|b|)$',
        '^a?b*?$',
      ],
      ...[
        '^[ä-ü]+$',
        '^(?<year>[12][0-9]{3})$',
        String.raw`^\S+\s\S+$`,
        '^$|^x$',
        '^.{2,4}$',
        String.raw`^[\w.-]+$`,
      ],
    ].map((pattern): Json => ({ type: 'string', pattern })),
    { type: 'string', pattern: '^[a-z]+$', minLength: 3, maxLength: 5 },
    ...[12, 64].map((maxLength): Json => ({ type: 'string', format: 'email', maxLength })),
    ...['date', 'uuid', 'hostname'].map((format): Json => ({ type: 'string', format, maxLength: 36 })),
    { type: 'string', format: 'email', minLength: 30, maxLength: 50 },
    { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$', maxLength: 12 },
    { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$', minLength: 9 },
    { type: 'string', pattern: '^(ab?){2,3}$|é', minLength: 3, maxLength: 5 },
    { type: 'string', pattern: '^(..)*$', minLength: 3, maxLength: 5 },
    { allOf: [{ type: 'string' }, { maxLength: 3 }] },
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
        { properties: { a: { minimum: 3 }, b: { type: 'boolean' } }, required: ['b'] },
      ],
    },
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    { $ref: '#/$defs/a', maximum: 3, $defs: { a: { type: 'integer', minimum: 1 } } },
    { type: 'object', propertyNames: { pattern: '^[a-z]{2}$' }, additionalProperties: { type: 'integer' } },
    {
      type: 'object',
      patternProperties: { '^x_[a-z]{1,4}$': { type: 'null' } },
      additionalProperties: false,
    },
    { type: 'object', properties: { a: { type: 'string' }, b: false }, required: ['a'] },
    { type: 'array', items: { type: 'string' }, prefixItems: [{ type: 'integer' }], minItems: 2 },
    { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'null' }], maxItems: 1 },
    { type: 'string', minimum: 3 },
  ])('the grammar carries all of %j', (of) => {
    expect(shapeOfSchema(of)).toMatchObject({ unheld: [], leftOut: [], contradiction: null })
    const fits = checkOf(of)
    expect(draws(of).filter((value) => !fits(value))).toEqual([])
  })
})

describe('a whole answer is checked for what the grammar does not carry', () => {
  test.each<[Json, string]>([
    [{ type: 'string', pattern: '^(?=.*z).+$' }, '#/pattern'],
    [{ type: 'string', pattern: String.raw`\bz\b` }, '#/pattern'],
    [{ type: 'string', pattern: String.raw`^(.)\1$` }, '#/pattern'],
    [{ type: 'string', pattern: String.raw`^\p{L}+$` }, '#/pattern'],
    [{ not: { type: 'string' } }, '#/not'],
    [{ type: ['array', 'null'], uniqueItems: true }, '#/uniqueItems'],
    [{ type: 'array', contains: { const: 7 } }, '#/contains'],
    [{ type: 'object', properties: { a: { type: 'number', multipleOf: 7 } } }, '#/properties/a/multipleOf'],
    [{ type: 'string', format: 'jwt' }, '#/format'],
    [{ type: 'string', maxLength: limits.schema_count_max + 1 }, '#/maxLength'],
    [{ type: 'string', format: 'date', maxLength: 9 }, '#/length'],
    [{ type: 'string', format: 'email', maxLength: 255 }, '#/length'],
    [{ type: 'string', pattern: '^(..)*$', minLength: 3, maxLength: 3 }, '#/length'],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, '#/oneOf'],
    [{ oneOf: [{ const: 'a' }, { type: 'string' }] }, '#/oneOf'],
    [{ oneOf: [{ enum: ['a', 'b'] }, { enum: ['b'] }] }, '#/oneOf'],
    [{ oneOf: [cat, { ...cat, properties: { kind: { enum: ['cat', 'dog'] } } }] }, '#/oneOf'],
    [{ oneOf: [cat, { ...dog, required: [] }] }, '#/oneOf'],
    [{ oneOf: [cat, true] }, '#/oneOf'],
    [{ type: 'object', properties: { a: {} }, dependentRequired: { a: ['b'] } }, '#/dependentRequired'],
    [JSON.parse('{"if": {"type": "string"}, "then": {"const": "a"}, "else": {"type": "null"}}'), '#/if'],
    [nested(limits.schema_depth_max + 2), `#${'/items'.repeat(limits.schema_depth_max + 1)}/depth`],
  ])('the check covers what the grammar of %j leaves out', (of, path) => {
    expect(shapeOfSchema(of)).toMatchObject({ unheld: [path], leftOut: [], contradiction: null })
    expect(answerGrammar({ input: text, format: schema(of) })).toContain('root ::=')
  })
})

test('a decimal pattern with a look-ahead is carried except for it', () => {
  const decimal = { type: 'string', pattern: String.raw`^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$` }
  expect(shapeOfSchema(decimal).unheld).toEqual(['#/pattern'])
  expect(draws(decimal).filter((value) => !/^[+-]?\d*\.?\d*$/.test(String(value)))).toEqual([])
})

test('a pattern with look-ahead is carried except for it', () => {
  const of = { type: 'string', pattern: '^(?!bad)(?=[a-z])[a-z0-9]{2,4}(?<!9)$' }
  for (const value of draws(of)) expect(value).toMatch(/^[a-z0-9]{2,4}$/)
})

describe('a keyword that nobody can check is left out and named', () => {
  test.each<[Json, readonly string[], RegExp]>([
    [{ type: 'string', format: 'phone' }, ['format'], /phone/],
    [{ type: 'string', pattern: '(?P<a>' }, ['pattern'], /cannot be read/],
    [{ properties: { a: { $ref: 'https://example.org/schema' } } }, ['properties', 'a', '$ref'], /example/],
    [{ $ref: '#/$defs/gone' }, ['$ref'], /gone/],
    [{ type: 'set' }, ['type'], /set/],
    [{ type: [] }, ['type'], /\[\]/],
    [
      { type: 'object', properties: { a: { type: 'string', required: true } } },
      ['properties', 'a', 'required'],
      /true/,
    ],
    [{ minLength: -1 }, ['minLength'], /-1/],
    [{ enum: [] }, ['enum'], /\[\]/],
    [{ type: 'string', minimumLength: 3 }, ['minimumLength'], /nothing is known/],
    [{ anyOf: [{ type: 'string', fromat: 'email' }] }, ['anyOf', '0', 'fromat'], /nothing is known/],
  ])('the unchecked keyword of %j is left out and named', (of, path, why) => {
    expect(shapeOfSchema(of).leftOut).toEqual([{ path, why: expect.stringMatching(why) }])
    expect(answerGrammar({ input: text, format: schema(of) })).toContain('root ::=')
  })
})

describe('a schema that allows nothing is refused with where and why', () => {
  test.each<[Json, RegExp]>([
    [false, /at #: false/],
    [{ type: 'object', required: ['a'], additionalProperties: false }, /at #: the required property a/],
    [{ type: 'string', enum: [1, 2] }, /values of another type/],
    [{ type: 'string', minLength: 3, maxLength: 2 }, /minLength above its maxLength/],
    [{ type: 'integer', minimum: 3, maximum: 2 }, /minimum above its maximum/],
    [{ type: 'integer', minimum: 0.2, maximum: 0.8 }, /no integer/],
    [{ type: 'object', properties: { a: false }, required: ['a'] }, /at #\/properties\/a: false/],
    [{ type: 'array', items: false, minItems: 1 }, /at #\/items: false|minItems/],
    [{ oneOf: [{ type: 'string', const: 1 }, { $ref: '#' }] }, /leads back to itself|another type/],
    [{ $ref: '#' }, /leads back to itself/],
    [{ allOf: [{ type: 'string' }, { type: 'integer' }] }, /false/],
  ])('the schema %j allows nothing and is refused with place and reason', (of, why) => {
    expect(() => answerGrammar({ input: text, format: schema(of) })).toThrow(why)
    // As a tool's arguments it is taken for any object: a model may do without that tool.
    expect(answerGrammar({ input: chat([tool('a', of)], 'auto'), format: plain })).toContain('tool_calls')
  })

  test('a branch or optional property that allows nothing is left out', () => {
    expect(new Set(draws({ anyOf: [false, { type: 'string', maxLength: -0 }, { const: 1 }] }))).toEqual(
      new Set(['', 1]),
    )
    expect(
      draws({ type: 'object', properties: { a: false, b: { const: 1 } }, required: ['b'] }),
    ).toContainEqual({ b: 1 })
  })
})

describe('a schema is carried', () => {
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

describe('schemas of great size', () => {
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

  test('equal ranges of integers share one rule', () => {
    const grammar = busy(properties(1_000, () => ({ type: 'integer', minimum: 0, maximum: 999 }))).said
    expect(grammar.match(/\[1-8\]|\[1-9\] \[0-9\]\{2\}/g)).toHaveLength(1)
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
      /root ::=|characters/,
    ],
    [
      'branches within branches',
      {
        $defs: { x: { oneOf: Array.from({ length: 100 }, (_, at) => ({ const: at })) } },
        ...(properties(3_000, () => ({ oneOf: [{ $ref: '#/$defs/x' }, { type: 'null' }] })) as object),
      },
      /oneOf|characters/,
    ],
  ])('schemas with %s are refused in time', (_what, of, why) => {
    const { said, ms } = busy(of)
    expect(said).toMatch(why)
    expect(ms).toBeLessThan(BUSY_MS)
  })

  test('tools that make the grammar too long are named', () => {
    const many = Array.from({ length: 60 }, (_, at) =>
      tool(
        `t${at}`,
        properties(150, (i) => ({ type: 'integer', minimum: 1_000_001 + i + at, maximum: 999_999_999 + at })),
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
