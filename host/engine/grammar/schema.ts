import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { type Gbnf, literal, quoted, times } from './gbnf.ts'

type Schema = { readonly [keyword: string]: Json | undefined }

/** Keywords that say something to people and tools, and nothing about what is valid. */
const remarks = new Set(
  '$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly'.split(
    ' ',
  ),
)

const digits = (count: number) => `[0-9]{${count}}`
const month = '("0" [1-9] | "1" [0-2])'
const day = '("0" [1-9] | [12] [0-9] | "3" [01])'
const hour = '([01] [0-9] | "2" [0-3])'
const date = `${digits(4)} "-" ${month} "-" ${day}`
const time = `${hour} ":" [0-5] [0-9] ":" [0-5] [0-9] ("." ${digits(3)})? ("Z" | [+-] ${hour} ":" [0-5] [0-9])`
const formats: { readonly [name: string]: string } = { date, time, 'date-time': `${date} "T" ${time}` }

/**
 * Makes rules of a JSON schema. What a grammar cannot carry (a pattern, a condition, most ranges of numbers) rejects with
 * `RIPPLE_BODY_INVALID`, which names it; where `lenient`, it is left out, and what is then generated may break it. The grammar may
 * allow less than the schema: properties come in their order, and none that the schema does not name where it names some.
 */
export class SchemaRules {
  readonly #gbnf: Gbnf
  readonly #root: Json
  readonly #lenient: boolean
  readonly #refs = new Map<string, string>()

  constructor(gbnf: Gbnf, root: Json, lenient: boolean) {
    this.#gbnf = gbnf
    this.#root = root
    this.#lenient = lenient
  }

  /** The rule for the whole schema. */
  rule(): string {
    return this.#value(this.#root, '#', 0)
  }

  #value(schema: Json | undefined, path: string, depth: number): string {
    if (depth > limits.schema_depth_max) return this.#drop(path, 'so deep a nesting', 'value')
    if (schema === undefined || schema === true) return 'value'
    if (!isObject(schema)) return this.#drop(path, JSON.stringify(schema), 'value')
    const { $ref, enum: among, anyOf, oneOf } = schema
    if (typeof $ref === 'string') return this.#ref(schema, $ref, path, depth)
    if ('const' in schema) return this.#only(schema, path, ['const', 'type'], literal(schema.const))
    if (Array.isArray(among) && among.length > 0)
      return this.#only(schema, path, ['enum', 'type'], this.#gbnf.rule(among.map(literal).join(' | ')))
    const choices = anyOf ?? oneOf
    if (Array.isArray(choices) && choices.length > 0) {
      const rules = choices.map((choice, i) => this.#value(choice, `${path}/anyOf/${i}`, depth + 1))
      return this.#only(schema, path, [anyOf ? 'anyOf' : 'oneOf'], this.#gbnf.rule(rules.join(' | ')))
    }
    const types = typesOf(schema)
    const [first = 'value', ...rest] = types.map((type) =>
      this.#typed(schema, type, path, depth, types.length > 1),
    )
    return rest.length === 0 ? first : this.#gbnf.rule([first, ...rest].join(' | '))
  }

  #typed(schema: Schema, type: Json | undefined, path: string, depth: number, several: boolean): string {
    // Beside other types, a keyword of another one is no concern of this.
    const check = (keywords: readonly string[], rule: string) =>
      several ? rule : this.#only(schema, path, ['type', ...keywords], rule)
    switch (type) {
      case 'object':
        return check(
          ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
          this.#object(schema, path, depth),
        )
      case 'array':
        return check(['items', 'prefixItems', 'minItems', 'maxItems'], this.#array(schema, path, depth))
      case 'string':
        return check(['minLength', 'maxLength', 'format'], this.#string(schema, path))
      case 'integer':
        return check(rangeKeywords, this.#integer(schema, path))
      case 'number':
        return check(['minimum'], this.#number(schema, path))
      case 'boolean':
      case 'null':
        return check([], type)
      case undefined:
        return check([], 'value')
      default:
        return this.#drop(path, `the type ${JSON.stringify(type)}`, 'value')
    }
  }

  #ref(schema: Schema, ref: string, path: string, depth: number): string {
    const known = this.#refs.get(ref)
    if (known !== undefined) return this.#only(schema, path, ['$ref'], known)
    const target = pointed(this.#root, ref)
    if (target === undefined) return this.#drop(path, `the reference ${ref}`, 'value')
    const name = this.#gbnf.name()
    this.#refs.set(ref, name)
    this.#gbnf.define(name, this.#value(target, ref, depth + 1))
    return this.#only(schema, path, ['$ref'], name)
  }

  #object(schema: Schema, path: string, depth: number): string {
    const extra = schema.additionalProperties
    const named = isObject(schema.properties) ? schema.properties : {}
    const required = Array.isArray(schema.required) ? schema.required.map(String) : []
    const unnamed = required.filter((name) => !Object.hasOwn(named, name))
    if (unnamed.length > 0 && extra === false)
      this.#drop(path, `the required property ${unnamed.join(', ')}`, '')
    const properties = [
      ...Object.entries(named),
      ...(extra === false ? [] : unnamed.map((name) => [name, extra ?? true] as const)),
    ]
    const min = this.#count(schema, 'minProperties', path) ?? 0
    const max = this.#count(schema, 'maxProperties', path)
    if (properties.length === 0) return this.#map(extra, min, max, path, depth)
    if (min > properties.length || (max !== null && max < properties.length))
      this.#drop(path, 'its number of properties', '')
    const all = min > required.length
    return this.#gbnf.fields(
      properties.map(([name, value]) => ({
        name,
        rule: this.#value(value, `${path}/properties/${name}`, depth + 1),
        required: all || required.includes(name),
      })),
    )
  }

  /** An object without names of its own. */
  #map(extra: Json | undefined, min: number, max: number | null, path: string, depth: number): string {
    if (extra === false || max === 0) return this.#gbnf.rule('"{" ws "}"')
    const value = this.#value(extra, `${path}/additionalProperties`, depth + 1)
    return this.#gbnf.rule(`"{" ws ${listed(`string ws ":" ws ${value} ws`, min, max)} "}"`)
  }

  #array(schema: Schema, path: string, depth: number): string {
    const { items, prefixItems } = schema
    const min = this.#count(schema, 'minItems', path) ?? 0
    const max = this.#count(schema, 'maxItems', path)
    const item = () => `${this.#value(items, `${path}/items`, depth + 1)} ws`
    if (!Array.isArray(prefixItems) || prefixItems.length === 0)
      return this.#gbnf.rule(`"[" ws ${items === false || max === 0 ? '' : listed(item(), min, max)} "]"`)
    const first = prefixItems.map((one, i) => `${this.#value(one, `${path}/prefixItems/${i}`, depth + 1)} ws`)
    if (max !== null && max < first.length) this.#drop(path, 'maxItems below its prefixItems', '')
    const more = Math.max(0, min - first.length)
    const rest =
      isObject(items) || more > 0
        ? times(`"," ws ${item()}`, more, max === null ? null : Math.max(0, max - first.length))
        : ''
    return this.#gbnf.rule(`"[" ws ${first.join(' "," ws ')} ${rest} "]"`)
  }

  #string(schema: Schema, path: string): string {
    const { format } = schema
    if (format !== undefined) {
      const body = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined
      if (body !== undefined) return this.#gbnf.rule(`${quoted('"')} ${body} ${quoted('"')}`)
      this.#drop(path, `the format ${JSON.stringify(format)}`, '')
    }
    const min = this.#count(schema, 'minLength', path) ?? 0
    const max = this.#count(schema, 'maxLength', path)
    if (min === 0 && max === null) return 'string'
    return this.#gbnf.rule(`${quoted('"')} ${times('char', min, max)} ${quoted('"')}`)
  }

  #integer(schema: Schema, path: string): string {
    const { min, max } = integerRange(schema)
    // Every integer of fifteen digits is within such bounds.
    const wide = 10 ** 15 - 1
    if (max >= wide) {
      if (min <= -wide) return 'integer'
      if (min === 0) return 'natural'
      if (min === 1) return '([1-9] [0-9]{0,14})'
    }
    if (max - min < limits.schema_count_max && max >= min)
      return this.#gbnf.rule(
        Array.from({ length: max - min + 1 }, (_, i) => literal(min + i || 0)).join(' | '),
      )
    return this.#drop(path, 'its range', 'integer')
  }

  #number(schema: Schema, path: string): string {
    const { minimum } = schema
    if (minimum === undefined) return 'number'
    if (minimum === 0) return '(natural ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?)'
    return this.#drop(path, 'its range', 'number')
  }

  /** A bound by its keyword, or null for none. */
  #count(schema: Schema, keyword: string, path: string): number | null {
    const count = schema[keyword]
    if (count === undefined) return null
    if (
      typeof count === 'number' &&
      Number.isInteger(count) &&
      count >= 0 &&
      count <= limits.schema_count_max
    )
      return count
    this.#drop(path, `${keyword} ${JSON.stringify(count)}`, '')
    return null
  }

  /** The rule, if the schema has no keywords but these. */
  #only(schema: Schema, path: string, keywords: readonly string[], rule: string): string {
    const rest = Object.keys(schema).filter(
      (keyword) => !keywords.includes(keyword) && !remarks.has(keyword) && !keyword.startsWith('x-'),
    )
    return rest.length === 0 ? rule : this.#drop(path, rest.join(', '), rule)
  }

  /** Refuses what the grammar does not carry, or goes on with a rule that does without it. */
  #drop(path: string, what: string, rule: string): string {
    if (this.#lenient) return rule
    const detail = `the schema at ${path}: the engine's grammar does not carry ${what}`
    throw new RippleError('RIPPLE_BODY_INVALID', { detail, param: 'format' })
  }
}

const rangeKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']

/** The range of integers that a schema allows, both ends included. */
function integerRange(schema: Schema): { min: number; max: number } {
  const [minimum, maximum, above, below] = rangeKeywords.map((keyword) => schema[keyword])
  const bound = (value: Json | undefined, otherwise: number) =>
    typeof value === 'number' ? value : otherwise
  return {
    min: Math.max(Math.ceil(bound(minimum, -Infinity)), Math.floor(bound(above, -Infinity)) + 1),
    max: Math.min(Math.floor(bound(maximum, Infinity)), Math.ceil(bound(below, Infinity)) - 1),
  }
}

/** The types that a schema names, or the one that its keywords are about. */
function typesOf(schema: Schema): readonly (Json | undefined)[] {
  if (Array.isArray(schema.type)) return schema.type
  if (schema.type !== undefined) return [schema.type]
  if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return ['object']
  if ('items' in schema || 'prefixItems' in schema) return ['array']
  return [undefined]
}

function pointed(root: Json, ref: string): Json | undefined {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  return ref
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>(
      (at, part) => (at !== undefined && isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined),
      root,
    )
}

/** Items with commas between them. */
function listed(item: string, min: number, max: number | null): string {
  const more = times(`"," ws ${item}`, Math.max(0, min - 1), max === null ? null : max - 1)
  return min === 0 ? `(${item} ${more})?` : `${item} ${more}`
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
