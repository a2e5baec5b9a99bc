// Tests the grammar with arbitrary schemas.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerGrammar } from '../../../host/engine/grammar/answer.ts'
import { shapeOfSchema } from '../../../host/engine/grammar/schema.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { answerCheck } from '../../../host/inference/answer-check.ts'
import type { Json } from '../../../host/types/json.ts'
import { Prng } from '../../harness/sim/random.ts'
import { sampler } from './sample-grammar.ts'

const input = { type: 'text', text: '', template: 'auto' } as const
const count = fc.nat({ max: 4 })
const bound = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.constantFrom(0.5, -0.25, 1.75, 99.99, 1e-9, 1e21),
)
const name = fc.constantFrom('a', 'b', 'toString', 'constructor', 'größe')
const pattern = fc.constantFrom('^a+$', 'x', '^[b-d]{2}$', '^(?!z).*$', '(', String.raw`^\d+(\.\d{2})?$`, '')
const format = fc.constantFrom(
  'email',
  'uuid',
  'date',
  'uri',
  'int32',
  'phone',
  'constructor',
  'password',
  'duration',
)
const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null')
const value = fc.oneof(
  fc.constantFrom<Json>(null, true, 0, 1, -2.5, 'a', 'b', 'é'),
  fc.constant<Json>({ a: 1 }),
)

/** Any document that looks like a schema, and some that do not. */
const { schema } = fc.letrec<{ schema: Json }>((tie) => {
  const inner = fc.oneof({ maxDepth: 3 }, fc.constantFrom<Json>(true, false, {}), tie('schema'))
  const list = fc.array(inner, { minLength: 1, maxLength: 3 })
  const map = fc.dictionary(name, inner, { maxKeys: 3 })
  const ref = fc.constantFrom('#/$defs/a', '#/$defs/gone', 'other.json')
  const keywords = {
    ...{
      type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
      enum: fc.array(value),
      const: value,
    },
    ...{
      minLength: count,
      maxLength: count,
      minItems: count,
      maxItems: count,
      minProperties: count,
      maxProperties: count,
    },
    ...{
      minimum: bound,
      maximum: bound,
      exclusiveMinimum: fc.oneof(bound, fc.boolean()),
      exclusiveMaximum: bound,
    },
    ...{ multipleOf: fc.constantFrom(1, 2, 0.5, 0.01, 0, -1), pattern, format, uniqueItems: fc.boolean() },
    ...{
      properties: map,
      patternProperties: fc.dictionary(pattern, inner, { maxKeys: 2 }),
      $defs: fc.constant({ a: { type: 'string', maxLength: 2 } }),
      dependentSchemas: map,
    },
    ...{
      required: fc.array(name),
      additionalProperties: inner,
      propertyNames: inner,
      items: fc.oneof(inner, list),
    },
    ...{
      prefixItems: list,
      allOf: list,
      anyOf: list,
      oneOf: list,
      not: inner,
      contains: inner,
      nullable: fc.boolean(),
    },
    ...{ if: inner, else: inner, $ref: ref, description: fc.string(), unknown: value, dependencies: map },
  }
  const few = fc
    .subarray(Object.entries<fc.Arbitrary<unknown>>(keywords), { maxLength: 4 })
    .chain((kept) => fc.record(Object.fromEntries(kept)) as fc.Arbitrary<Json>)
  return {
    schema: fc.oneof(
      { weight: 9, arbitrary: few },
      { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<Json> },
    ),
  }
})

test('any schema is accepted or refused by name, and its grammar agrees with its check', () => {
  fc.assert(
    fc.property(schema, fc.nat(), (schema, seed) => {
      const format = { type: 'schema', schema } as const
      const random = new Prng(seed)
      const pick = (below: number): number => random.int(0, below - 1)
      try {
        const grammar = answerGrammar({ input, format }) ?? ''
        const check = answerCheck({ input, format, stop: [] })
        const text = sampler(grammar)(pick)
        JSON.parse(text)
        if (shapeOfSchema(schema).unheld.length === 0)
          expect(check?.flawOf({ text, finish: 'stop' })).toBeNull()
      } catch (thrown) {
        if (!(thrown instanceof RippleError)) throw thrown
        expect(thrown).toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
        expect(thrown.message).not.toContain('cannot be checked')
      }
    }),
    { numRuns: 500, endOnFailure: true },
  )
})
