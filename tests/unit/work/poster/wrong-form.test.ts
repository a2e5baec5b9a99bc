import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { answerGrammar } from '../../../../host/engine/grammar/answer.ts'
import type { AnswerFormat, InferencePayload } from '../../../../host/types/inference.ts'
import type { Json } from '../../../../host/types/json.ts'
import { wrongForm } from '../../../../host/work/poster/wrong-form.ts'
import { sampler } from '../../engine/sample-grammar.ts'

const asked: InferencePayload = {
  input: { type: 'text', text: 'Give me JSON.', template: 'auto' },
  format: { type: 'json' },
  stop: [],
  penalties: { frequency_milli: 0, presence_milli: 0 },
  parameters: { max_tokens: 16, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 },
  seed: 1,
}
const usage = { tokens_in: 10, tokens_out: 8, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }

const judge = (text: string, changes: Partial<InferencePayload> = {}, spent = {}) =>
  wrongForm(text, { ...asked, ...changes }, { usage: { ...usage, ...spent } })

const MISFIT = 'the output is JSON of another form than was asked for'
const person: Json = {
  type: 'object',
  properties: { age: { type: 'integer', minimum: 0, maximum: 150 }, kind: { enum: ['cat', 'lion'] } },
  required: ['age', 'kind'],
  additionalProperties: false,
}

describe('a JSON answer', () => {
  test('an answer that must be JSON is rejected in any other form', () => {
    expect(judge('{"primes": [2, 3]}')).toBeNull()
    for (const text of ['', 'primes', '{"primes": [2', '{} {}'])
      expect(judge(text)).toBe('the output is not the JSON that was asked for')
    for (const text of ['[2, 3]', '2', 'null']) expect(judge(text)).toBe(MISFIT)
  })

  test('an answer is rejected if its schema does not allow it', () => {
    const format = { type: 'schema', schema: { type: 'array', items: { type: 'integer' } } } as const
    expect(judge('[2, 3]', { format })).toBeNull()
    for (const text of ['42', 'null', '"a"', '{}', '[2, "3"]', '[2.5]'])
      expect(judge(text, { format })).toBe(MISFIT)
    expect(judge('[2, 3', { format })).toBe('the output is not the JSON that was asked for')
  })

  test.each<[string, Partial<InferencePayload>, object]>([
    ['its last token', {}, { tokens_out: 16 }],
    ['the context', {}, { tokens_in: 504 }],
    ['a stop word', { stop: [']'] }, {}],
  ])('an answer may be cut short by %s, and a whole one must fit', (_by, changes, spent) => {
    const half = '{"primes": [2'
    for (const text of [half, '', '{', '{"a": "b\\', '{"primes": [2]}'])
      expect(judge(text, changes, spent)).toBeNull()
    expect(judge(half)).not.toBeNull()
    const format = { type: 'schema', schema: { anyOf: [person, { type: 'integer', minimum: 10 }] } } as const
    for (const text of ['{"age": 7, "kind": "dog"}', '{"age": 7}', '"4"'])
      expect(judge(text, { ...changes, format }, spent)).toBe(MISFIT)
    // The number may have had more digits.
    expect(judge('4', { ...changes, format }, spent)).toBeNull()
    expect(judge('4', { format })).toBe(MISFIT)
  })

  test('JSON values compare by value, and the last of repeated names counts', () => {
    const schema = { enum: ['naïve', { x: [1, 'é'], ['__proto__']: 2 }, 100] }
    const list: AnswerFormat = { type: 'schema', schema: { type: 'array', items: schema } }
    for (const text of ['"na\\u00efve"', '{"__proto__": 2, "x": [1.0, "\\u00e9"]}', '1e2'])
      expect(judge(`[${text}]`, { format: list }), text).toBeNull()
    for (const text of ['{"x": [1, "é"]}', '{"x": [1, "é", 2], "__proto__": 2}', '{"x": {}, "__proto__": 2}'])
      expect(judge(`[${text}]`, { format: list }), text).toBe(MISFIT)
    const format = { type: 'schema', schema: person } as const
    expect(judge('{"age": "x", "kind": "cat", "age": 7}', { format })).toBeNull()
    expect(judge('{"age": 7, "kind": "cat", "age": "x"}', { format })).toBe(MISFIT)
    expect(judge('{"age": 7, "kind": "cat", "__proto__": 1}', { format })).toBe(MISFIT)
    expect(judge('{"__proto__": {"age": 7, "kind": "cat"}}', { format })).toBe(MISFIT)
  })

  test('any text is accepted if no format was requested', () => {
    expect(judge('primes', { format: { type: 'text' } })).toBeNull()
  })
})

describe('an answer with tools', () => {
  const look = {
    name: 'look',
    description: '',
    parameters: { ...person, properties: { age: { type: 'integer', pattern: 'x' } }, required: ['age'] },
  }
  const say = { name: 'say', description: '', parameters: {} }
  const chat = (tool_choice: unknown, format: AnswerFormat = { type: 'text' }) =>
    ({
      input: { type: 'chat', messages: [], tools: [look, say], tool_choice },
      format,
    }) as Partial<InferencePayload>
  const call = (name: string, args: unknown) => JSON.stringify({ tool_calls: [{ name, arguments: args }] })

  test('a tool answer must call an offered tool within its schema', () => {
    for (const choice of ['auto', 'required']) {
      for (const text of [call('look', { age: 7 }), call('say', { any: 'thing' })])
        expect(judge(text, chat(choice))).toBeNull()
      for (const text of [
        call('look', { age: 'seven' }),
        call('look', {}),
        call('say', 'words'),
        call('hear', {}),
        '{"tool_calls": []}',
        '{"content": 7}',
        '{}',
      ])
        expect(judge(text, chat(choice)), text).toBe(MISFIT)
    }
    expect(judge('{"content": "hello"}', chat('auto'))).toBeNull()
    expect(judge('{"content": "hello"}', chat('required'))).toBe(MISFIT)
    expect(judge(call('say', {}), chat({ name: 'look' }))).toBe(MISFIT)
    expect(judge('{"content": [1]}', chat('auto', { type: 'json' }))).toBe(MISFIT)
  })

  test('a tool answer stays whole despite its stop words', () => {
    expect(judge('{"content": "hel', { ...chat('auto'), stop: ['l'] })).not.toBeNull()
    expect(judge('{"content": "hel', chat('auto'), { tokens_out: 16 })).toBeNull()
  })

  test('any text is accepted if no tool may be called', () => {
    expect(judge('hello', chat('none'))).toBeNull()
  })
})

describe('answers of the grammar', () => {
  const schemas: Json[] = [
    person,
    { type: ['string', 'null'], minLength: 2, maxLength: 4 },
    {
      type: 'array',
      items: { type: ['integer', 'null'], minimum: -2, maximum: 3 },
      minItems: 1,
      maxItems: 3,
    },
    {
      type: 'object',
      additionalProperties: { type: 'number', minimum: 0 },
      minProperties: 2,
      maxProperties: 3,
    },
    { type: 'object', properties: { a: {}, b: { const: { x: [1, 'é'] } } }, minProperties: 2 },
    { type: 'object', required: ['free'], properties: { at: { type: 'string', format: 'date-time' } } },
    {
      prefixItems: [{ type: 'boolean' }, { type: 'string', format: 'time' }],
      items: { type: 'null' },
      maxItems: 4,
    },
    { oneOf: [{ type: 'string', format: 'date' }, { type: 'integer', minimum: 1 }, { enum: [null, true] }] },
    {
      $ref: '#/$defs/tree',
      $defs: {
        tree: {
          anyOf: [
            {
              type: 'object',
              properties: { op: { const: '+' }, of: { type: 'array', items: { $ref: '#/$defs/tree' } } },
              required: ['op', 'of'],
            },
            { type: 'number' },
          ],
        },
      },
    },
    true,
  ]
  const tools = schemas
    .slice(0, 6)
    .map((parameters, i) => ({ name: `tool${i}`, description: '', parameters }))
  const asks: Partial<InferencePayload>[] = [
    {},
    ...schemas.map((schema) => ({ format: { type: 'schema' as const, schema } })),
    ...(['auto', 'required', { name: 'tool2' }] as const).map((tool_choice) => ({
      format: { type: 'schema' as const, schema: schemas[2] ?? null },
      input: { type: 'chat' as const, messages: [], tools, tool_choice },
    })),
  ]

  test.each(asks)('an answer of the grammar is accepted, also a cut beginning of it: %j', (ask) => {
    const sample = sampler(answerGrammar({ ...asked, ...ask }) ?? '')
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(999)), fc.nat(), (numbers, length) => {
        const text = sample((below) => numbers.next().value % below)
        expect(judge(text, ask), text).toBeNull()
        const begun = [...text].slice(0, length % ([...text].length + 1)).join('')
        expect(judge(begun, ask, { tokens_out: 16 }), begun).toBeNull()
      }),
      { numRuns: 60 },
    )
  })
})

test('a JSON document fits a schema exactly if another validator says so', () => {
  const schemas: Json[] = [
    person,
    {
      anyOf: [
        person,
        { type: 'array', items: { type: ['integer', 'null'] }, maxItems: 2 },
        { type: 'boolean' },
      ],
    },
    { type: 'object', properties: { a: { type: 'string' }, b: { enum: [1, 'x', null] } }, required: ['a'] },
    { type: 'object', additionalProperties: { type: 'number', minimum: 0 } },
  ]
  const leaf = fc.constantFrom<Json>(null, true, 0, 1, -1, 2.5, 7, 'x', 'cat', '')
  const value = fc.letrec<{ any: Json }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'age', 'kind'), tie('any'), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
      fc.record({ age: leaf, kind: leaf }),
    ),
  })).any
  for (const schema of schemas) {
    const allowed = z.fromJSONSchema(schema as never)
    fc.assert(
      fc.property(value, (made) => {
        const why = judge(JSON.stringify(made), { format: { type: 'schema', schema } })
        expect(why === null).toBe(allowed.safeParse(made).success)
      }),
      { numRuns: 500 },
    )
  }
})

test('a deeply nested answer costs its reader little', () => {
  const branch = (op: string): Json => ({
    type: 'object',
    properties: { left: { $ref: '#' }, op: { const: op }, right: { $ref: '#' } },
    required: ['left', 'op'],
  })
  const format = { type: 'schema', schema: { anyOf: [...'abcdefgh'].map(branch) } } as const
  const deep = `${'{"left":'.repeat(20_000)}1`
  const begun = performance.now()
  judge(deep, { format }, { tokens_out: 16 })
  judge(`${deep}${',"op":"z"}'.repeat(20_000)}`, { format })
  const shallow = `${'{"left":'.repeat(100)}1${',"op":"z"}'.repeat(100)}`
  expect(judge(shallow, { format })).toBe(MISFIT)
  expect(performance.now() - begun).toBeLessThan(2_000)
})

test('the values of an overlong text are not checked', () => {
  const format: AnswerFormat = { type: 'schema', schema: { type: 'array', items: { const: 'x' } } }
  const many = `[${'0,'.repeat(2_000_000)}0]`
  const begun = performance.now()
  expect(judge(many, { format })).toBeNull()
  expect(judge(`${many},`, { format })).toContain('not the JSON')
  expect(judge('['.repeat(4_000_000), { format }, { tokens_out: 16 })).toBeNull()
  expect(performance.now() - begun).toBeLessThan(5_000)
})

describe('an embedding', () => {
  const input = { type: 'embed', texts: ['a', 'b'] } as const
  const embed = (value: unknown) => judge(JSON.stringify(value), { input: { ...input, texts: ['a', 'b'] } })

  test('an embedding must have one vector for each text, all of one length', () => {
    expect(embed({ vectors: ['AAAAAA==', 'AAAAAA=='] })).toBeNull()
    for (const vectors of [
      [],
      ['AAAA'],
      ['AAAA', 'AAAAAAAA'],
      ['AAAA', ''],
      ['AAAA', 7],
      ['AAAA', '***'],
      'AAAA',
    ])
      expect(embed({ vectors })).toBe('the output is not a vector for each text')
    expect(judge('nothing', { input: { ...input, texts: ['a', 'b'] } })).not.toBeNull()
  })
})
