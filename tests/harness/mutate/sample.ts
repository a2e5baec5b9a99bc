/** Makes values that fit a JSON Schema. */
import fc from 'fast-check'
import type { Property } from '../../../host/operations/json-schema.ts'
import type { Prng } from '../sim/random.ts'

/** The parts of a JSON Schema that values are made of. */
export interface Schema extends Omit<Property, 'anyOf' | 'items' | 'properties' | '$defs'> {
  readonly $ref?: string
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minItems?: number
  readonly maxLength?: number
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly $defs?: Readonly<Record<string, Schema>>
}

/** Values for fields of these names, which a schema alone could not find. */
export type Known = Readonly<Record<string, readonly unknown[]>>

/** The share of the fields that may be left out and are there all the same. */
const OPTIONAL_SHARE = 0.4
const LEVELS_MAX = 8

/** Returns a value that fits the schema, or nearly so: bounds of texts and rules between fields are left out. */
export function sample(schema: Schema, known: Known, random: Prng): unknown {
  const defs = schema.$defs ?? {}
  const make = (one: Schema, name: string, levels: number): unknown => {
    if (levels === 0) return null
    if (one.$ref !== undefined) return make(defs[one.$ref.split('/').at(-1) ?? ''] ?? {}, name, levels - 1)
    if (known[name]) return random.pick(known[name])
    const choices = one.anyOf ?? one.oneOf
    if (choices) return make(random.pick(choices), name, levels - 1)
    if (one.const !== undefined) return one.const
    if (one.enum) return random.pick(one.enum)
    switch (one.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(one.properties ?? {})
            .filter(([field]) => one.required?.includes(field) || random.chance(OPTIONAL_SHARE))
            .map(([field, inner]) => [field, make(inner, field, levels - 1)]),
        )
      case 'array':
        return Array.from({ length: Math.max(one.minItems ?? 0, random.int(0, 2)) }, () =>
          make(one.items ?? {}, name, levels - 1),
        )
      case 'integer':
      case 'number':
        return numberOf(one, random)
      case 'boolean':
        return random.chance(0.5)
      case 'string':
        return textOf(one, random)
      default:
        return null
    }
  }
  return make(schema, '', LEVELS_MAX)
}

function numberOf({ minimum = 0, maximum = 1_000_000 }: Schema, random: Prng): number {
  return random.pick([minimum, maximum, random.int(minimum, Math.min(maximum, minimum + 100))])
}

function textOf({ pattern, format }: Schema, random: Prng): string {
  if (format === 'uuid') return '0b7cc1d4-5e6f-4a01-8b23-9c0d1e2f3a4b'
  if (pattern === undefined) return random.pick(['a', 'some text', 'Name three rivers.'])
  const seed = random.int(0, 2 ** 31)
  return fc.sample(fc.stringMatching(new RegExp(pattern)), { seed, numRuns: 1 })[0] ?? ''
}
