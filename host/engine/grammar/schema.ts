import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { Apart, typeOf } from './apart.ts'
import { isObject, pointed, type Schema } from './pointed.ts'
import { type Bounds, carriesIntegers, formats, type RefShape, type Shape, unbounded } from './shape.ts'

/** Keywords that say something to people and tools, and nothing about what is valid. */
const remarks = new Set(
  '$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly discriminator'.split(
    ' ',
  ),
)

const ranges = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const

/** The keywords that are carried beside each type. */
const carried: { readonly [type: string]: readonly string[] } = {
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format'],
  integer: ranges,
  number: ['minimum'],
  boolean: [],
  null: [],
}

const any: Shape = { type: 'any' }

/**
 * Makes a shape of a JSON schema. What no shape carries (a pattern, a condition, most ranges of numbers) rejects with
 * `RIPPLE_BODY_INVALID`, which names it; where `lenient`, it is left out, and what is then generated may break it.
 */
export class SchemaShapes {
  readonly #root: Json
  readonly #lenient: boolean
  readonly #apart: Apart
  readonly #refs = new Map<string, RefShape>()

  constructor(root: Json, lenient: boolean) {
    this.#root = root
    this.#lenient = lenient
    this.#apart = new Apart(root)
  }

  /** The shape of the whole schema. */
  shape(): Shape {
    return this.#value(this.#root, '#', 0)
  }

  #value(schema: Json | undefined, path: string, depth: number): Shape {
    if (depth > limits.schema_depth_max) return this.#drop(path, 'so deep a nesting', any)
    if (schema === undefined || schema === true) return any
    if (!isObject(schema)) return this.#drop(path, JSON.stringify(schema), any)
    const { $ref, enum: among, anyOf, oneOf } = schema
    if (typeof $ref === 'string') return this.#ref(schema, $ref, path, depth)
    if ('const' in schema) return this.#literals(schema, path, 'const', [schema.const ?? null])
    if (Array.isArray(among) && among.length > 0) return this.#literals(schema, path, 'enum', among)
    if (Array.isArray(anyOf) && anyOf.length > 0) return this.#either(schema, path, 'anyOf', anyOf, depth)
    if (Array.isArray(oneOf) && oneOf.length > 0) {
      if (!this.#apart.areApart(oneOf)) this.#drop(path, 'oneOf of schemas that may hold at once', any)
      return this.#either(schema, path, 'oneOf', oneOf, depth)
    }
    const types = typesOf(schema)
    const shapes = types.map((type) => this.#typed(schema, type, path, depth))
    const shape: Shape = shapes.length === 1 && shapes[0] ? shapes[0] : { type: 'either', shapes }
    return this.#only(schema, path, ['type', ...carriedBy(types)], shape)
  }

  #either(schema: Schema, path: string, keyword: string, choices: readonly Json[], depth: number): Shape {
    const shapes = choices.map((choice, i) => this.#value(choice, `${path}/${keyword}/${i}`, depth + 1))
    return this.#only(schema, path, [keyword], { type: 'either', shapes })
  }

  /** Of the values those that have a type which the schema names, where it names any. */
  #literals(schema: Schema, path: string, keyword: string, among: readonly Json[]): Shape {
    const { type } = schema
    const types = Array.isArray(type) ? type : type === undefined ? null : [type]
    const values = among.filter((value) => types === null || typeOf(value).some((one) => types.includes(one)))
    if (values.length === 0) return this.#drop(path, `${keyword} of another type`, any)
    return this.#only(schema, path, [keyword, 'type'], { type: 'literals', values })
  }

  #typed(schema: Schema, type: Json | undefined, path: string, depth: number): Shape {
    switch (type) {
      case 'object':
        return this.#object(schema, path, depth)
      case 'array':
        return this.#array(schema, path, depth)
      case 'string':
        return this.#string(schema, path)
      case 'integer':
        return this.#integer(schema, path)
      case 'number':
        return this.#number(schema, path)
      case 'boolean':
      case 'null':
        return { type }
      case undefined:
        return any
      default:
        return this.#drop(path, `the type ${JSON.stringify(type)}`, any)
    }
  }

  #ref(schema: Schema, ref: string, path: string, depth: number): Shape {
    const known = this.#refs.get(ref)
    if (known !== undefined) return this.#only(schema, path, ['$ref'], known)
    const target = pointed(this.#root, ref)
    if (target === undefined) return this.#drop(path, `the reference ${ref}`, any)
    const shape: RefShape = { type: 'ref', target: any }
    this.#refs.set(ref, shape)
    shape.target = this.#value(target, ref, depth + 1)
    return this.#only(schema, path, ['$ref'], shape)
  }

  #object(schema: Schema, path: string, depth: number): Shape {
    const extra = schema.additionalProperties
    const named = isObject(schema.properties) ? schema.properties : {}
    const required = Array.isArray(schema.required) ? schema.required.map(String) : []
    const unnamed = required.filter((name) => !Object.hasOwn(named, name))
    if (unnamed.length > 0 && extra === false)
      this.#drop(path, `the required property ${unnamed.join(', ')}`, any)
    const properties = [
      ...Object.entries(named),
      ...(extra === false ? [] : unnamed.map((name) => [name, extra ?? true] as const)),
    ]
    const count = this.#bounds(schema, 'minProperties', 'maxProperties', path)
    if (properties.length === 0) return this.#map(extra, count, path, depth)
    const fits = count.min <= properties.length && (count.max === null || count.max >= properties.length)
    const fields = properties.map(([name, value]) => ({
      name,
      shape: this.#value(value, `${path}/properties/${name}`, depth + 1),
      required: required.includes(name),
    }))
    return {
      type: 'object',
      fields,
      closed: extra === false,
      count: fits ? count : this.#drop(path, 'its number of properties', unbounded),
    }
  }

  #map(extra: Json | undefined, count: Bounds, path: string, depth: number): Shape {
    const empty = { min: 0, max: 0 }
    if (extra === false && count.min > 0) this.#drop(path, 'its number of properties', any)
    if (extra === false) return { type: 'map', value: any, count: empty }
    return { type: 'map', value: this.#value(extra, `${path}/additionalProperties`, depth + 1), count }
  }

  #array(schema: Schema, path: string, depth: number): Shape {
    const { items, prefixItems } = schema
    const named = Array.isArray(prefixItems) ? prefixItems : []
    const first = named.map((one, i) => this.#value(one, `${path}/prefixItems/${i}`, depth + 1))
    const { min, max } = this.#bounds(schema, 'minItems', 'maxItems', path)
    const isShort = max !== null && max < first.length
    const most = isShort ? this.#drop(path, 'maxItems below its prefixItems', null) : max
    // What may follow named items is left out where nobody asks for it.
    const ends = items === false || (items === undefined && first.length > 0 && min <= first.length)
    if (ends && min > first.length)
      return { type: 'list', first, item: null, count: this.#drop(path, 'minItems', unbounded) }
    const item = ends ? null : this.#value(items, `${path}/items`, depth + 1)
    return { type: 'list', first, item, count: { min, max: most } }
  }

  #string(schema: Schema, path: string): Shape {
    const { format } = schema
    const length = this.#bounds(schema, 'minLength', 'maxLength', path)
    if (format === undefined) return { type: 'string', length }
    if (!isFormat(format))
      return this.#drop(path, `the format ${JSON.stringify(format)}`, { type: 'string', length })
    if (length.min > 0 || length.max !== null) this.#drop(path, 'a length beside the format', any)
    return { type: 'format', format }
  }

  #integer(schema: Schema, path: string): Shape {
    const { min, max } = integerRange(schema)
    if (carriesIntegers(min, max)) return { type: 'integer', min, max }
    return this.#drop(path, 'its range', { type: 'integer', min: -Infinity, max: Infinity })
  }

  #number(schema: Schema, path: string): Shape {
    const { minimum } = schema
    if (minimum === 0) return { type: 'number', min: 0 }
    const free: Shape = { type: 'number', min: -Infinity }
    return minimum === undefined ? free : this.#drop(path, 'its range', free)
  }

  #bounds(schema: Schema, least: string, most: string, path: string): Bounds {
    const [min, max] = [this.#count(schema, least, path) ?? 0, this.#count(schema, most, path)]
    if (max === null || min <= max) return { min, max }
    return this.#drop(path, `${least} above its ${most}`, unbounded)
  }

  /** A bound by its keyword, or null for none. */
  #count(schema: Schema, keyword: string, path: string): number | null {
    const count = schema[keyword]
    if (count === undefined) return null
    const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 0
    if (isCount && count <= limits.schema_count_max) return count
    return this.#drop(path, `${keyword} ${JSON.stringify(count)}`, null)
  }

  /** The shape, if the schema has no keywords but these. */
  #only(schema: Schema, path: string, keywords: readonly string[], shape: Shape): Shape {
    const rest = Object.keys(schema).filter(
      (keyword) => !keywords.includes(keyword) && !remarks.has(keyword) && !keyword.startsWith('x-'),
    )
    return rest.length === 0 ? shape : this.#drop(path, rest.join(', '), shape)
  }

  /** Refuses what is not carried, or goes on with what does without it. */
  #drop<T>(path: string, what: string, rest: T): T {
    if (this.#lenient) return rest
    const detail = `the schema at ${path}: the engine's grammar does not carry ${what}`
    throw new RippleError('RIPPLE_BODY_INVALID', { detail, param: 'format' })
  }
}

/** What is carried beside several types: what one of them carries, and no other that it is about as well does not. */
function carriedBy(types: readonly (Json | undefined)[]): readonly string[] {
  const keywords = types.flatMap((type) => (typeof type === 'string' ? (carried[type] ?? []) : []))
  const lacking = types.includes('number') ? ranges.filter((one) => !carried.number?.includes(one)) : []
  return keywords.filter((keyword) => !lacking.some((one) => one === keyword))
}

function isFormat(format: Json): format is keyof typeof formats {
  return typeof format === 'string' && Object.hasOwn(formats, format)
}

/** The range of integers that a schema allows, both ends included. */
function integerRange(schema: Schema): { min: number; max: number } {
  const [minimum, maximum, above, below] = ranges.map((keyword) => schema[keyword])
  const bound = (value: Json | undefined, otherwise: number) =>
    typeof value === 'number' ? value : otherwise
  return {
    min: Math.max(Math.ceil(bound(minimum, -Infinity)), Math.floor(bound(above, -Infinity)) + 1),
    max: Math.min(Math.floor(bound(maximum, Infinity)), Math.ceil(bound(below, Infinity)) - 1),
  }
}

/** The types that a schema names, or the one that its keywords are about. */
function typesOf(schema: Schema): readonly (Json | undefined)[] {
  if (Array.isArray(schema.type) && schema.type.length > 0) return schema.type
  if (schema.type !== undefined) return [schema.type]
  if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return ['object']
  if ('items' in schema || 'prefixItems' in schema) return ['array']
  return [undefined]
}
