/** Makes a shape from a JSON schema in plain form, and records the keywords that a grammar does not carry. */
import { canonicalJson as canonical } from '../../codec/canonical-json.ts'
import { limits } from '../../limits.ts'
import { isList, isObject, type Json } from '../../types/json.ts'
import { CountedTexts } from './counted.ts'
import { DisjointSchemas, typeOf } from './disjoint-schemas.ts'
import { resolvePointer, type Schema } from './json-pointer.ts'
import { type Bounds, never, type RefShape, type Shape, unbounded } from './json-shape.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { type PlainSchema, plainSchema } from './plain-schema.ts'
import { boundsOf, type Notes, numberShape, stringShape } from './scalars.ts'

const any: Shape = { type: 'any' }

/** A shape, and the keywords of its schema that it does not carry. */
export interface ShapeOfSchema {
  readonly shape: Shape
  /** Keywords that were left out because they cannot be checked. */
  readonly leftOut: PlainSchema['leftOut']
  /** Paths, in the plain form, of keywords that the grammar does not carry; only the check of the whole answer enforces them. */
  readonly unheld: readonly string[]
  /** The reason why nothing is valid; null where something may be valid. */
  readonly contradiction: string | null
}

/** Shapes of schemas that are still in use, because each request needs its schema's shape several times. */
const known = new WeakMap<object, ShapeOfSchema>()

/** Makes the shape of a JSON schema, and records the keywords that it does not carry. Pure. */
export function shapeOfSchema(given: Json): ShapeOfSchema {
  if (!isObject(given)) return readSchema(given)
  const found = known.get(given) ?? readSchema(given)
  known.set(given, found)
  return found
}

function readSchema(given: Json): ShapeOfSchema {
  const { schema, leftOut } = plainSchema(given)
  const reader = new SchemaReader(schema)
  const shape = reader.shape()
  const why = reader.contradiction ?? 'no value fits it'
  return { shape, leftOut, unheld: reader.unheld, contradiction: shape === never ? why : null }
}

class SchemaReader implements Notes {
  readonly counted = new CountedTexts()
  readonly #root: Json
  readonly #apart: DisjointSchemas
  readonly #refs = new Map<string, RefShape>()
  /** References that are being read, with no value between them. */
  readonly #reading = new Set<string>()
  readonly #unheld = new Set<string>()
  contradiction: string | null = null
  /** Schemas that may still be read: combined schemas can make a short document an endless tree. */
  #left: number = limits.schema_values_max

  constructor(root: Json) {
    this.#root = root
    this.#apart = new DisjointSchemas(root)
  }

  get unheld(): readonly string[] {
    return [...this.#unheld]
  }

  shape(): Shape {
    return this.#value(this.#root, '#', 0)
  }

  #value(schema: Json | undefined, path: string, depth: number): Shape {
    if (schema === undefined || schema === true) return any
    if (schema === false) return this.never(path, 'false, which no value fits')
    this.#left -= 1
    if (!isObject(schema) || depth > limits.schema_depth_max || this.#left < 0)
      return this.leave(path, 'depth', any)
    const { $ref, allOf, $defs: _, ...rest } = schema
    if (typeof $ref === 'string')
      return this.#ref($ref, { ...rest, ...(allOf ? { allOf } : {}) }, path, depth)
    if (isList(allOf)) return this.#merged(rest, allOf, path, depth)
    if ('const' in rest) return this.#literals(rest, path, [rest.const ?? null])
    if (isList(rest.enum)) return this.#literals(rest, path, rest.enum)
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const { [keyword]: choices, ...beside } = rest
      if (isList(choices)) return this.#either(beside, keyword, choices, path, depth)
    }
    if (rest.if !== undefined) return this.#conditional(rest, path, depth)
    if (rest.not !== undefined) this.leave(path, 'not', any)
    const shapes = typesOf(rest).map((type) => this.#typed(rest, type, path, depth))
    return oneOf(shapes)
  }

  leave<T>(path: string, keyword: string, rest: T): T {
    this.#unheld.add(`${path}/${keyword}`)
    return rest
  }

  never(path: string, why: string): Shape {
    this.contradiction ??= `at ${path}: ${why}`
    return never
  }

  #ref(ref: string, beside: Schema, path: string, depth: number): Shape {
    if (Object.keys(beside).length > 0) return this.#merged(beside, [{ $ref: ref }], path, depth)
    const known = this.#refs.get(ref)
    if (known !== undefined)
      return this.#reading.has(ref) ? this.never(path, 'a reference that leads back to itself') : known
    const shape: RefShape = { type: 'ref', target: any }
    this.#refs.set(ref, shape)
    this.#reading.add(ref)
    shape.target = this.#value(resolvePointer(this.#root, ref), ref, depth + 1)
    this.#reading.delete(ref)
    return shape.target === never ? never : shape
  }

  /** Reads a value within another one, where a reference may occur again. */
  #inner(schema: Json | undefined, path: string, depth: number): Shape {
    const reading = [...this.#reading]
    this.#reading.clear()
    const shape = this.#value(schema, path, depth + 1)
    for (const ref of reading) this.#reading.add(ref)
    return shape
  }

  #merged(base: Schema, others: readonly Json[], path: string, depth: number): Shape {
    let whole: Json = asJson(base)
    for (const other of others) {
      const target = this.#resolved(other, depth)
      whole = mergeSchemas(whole, target, (keyword) => this.leave(path, keyword, undefined))
    }
    return this.#value(whole, path, depth + 1)
  }

  /** Returns the schema that a reference leads to, merged with the keywords next to the reference. */
  #resolved(schema: Json, depth: number): Json {
    if (!isObject(schema) || typeof schema.$ref !== 'string' || depth > limits.schema_depth_max) return schema
    const { $ref, ...beside } = schema
    const target = withoutDefs(this.#resolved(resolvePointer(this.#root, $ref as string) ?? true, depth + 1))
    return Object.keys(beside).length === 0
      ? target
      : { ...asObject(beside), allOf: [target, ...listOf(beside.allOf)] }
  }

  #either(
    base: Schema,
    keyword: 'anyOf' | 'oneOf',
    choices: readonly Json[],
    path: string,
    depth: number,
  ): Shape {
    if (keyword === 'oneOf' && !this.#apart.areApart(choices)) this.leave(path, keyword, any)
    const isAlone = Object.keys(base).length === 0
    const shapes = choices.map((choice, index) => {
      const at = `${path}/${keyword}/${index}`
      return isAlone ? this.#value(choice, at, depth + 1) : this.#merged(base, [choice], at, depth + 1)
    })
    return oneOf(shapes)
  }

  /** Allows both branches of a condition; the check of the whole answer enforces the condition. */
  #conditional(schema: Schema, path: string, depth: number): Shape {
    const { if: condition, then = true, else: otherwise = true, ...base } = schema
    this.leave(path, 'if', any)
    return oneOf([
      this.#merged(base, [condition ?? true, then], `${path}/then`, depth),
      this.#merged(base, [otherwise], `${path}/else`, depth),
    ])
  }

  /**
   * Keeps the values that have one of the schema's types, where it names any. With both `const` and `enum`, the value must
   * also be in `enum`.
   */
  #literals(schema: Schema, path: string, among: readonly Json[]): Shape {
    const { type, const: _, enum: both, ...rest } = schema
    const types = type === undefined ? null : [type].flat()
    const other = 'const' in schema && isList(both) ? both.map(canonical) : null
    const values = among.filter(
      (value) =>
        (types === null || typeOf(value).some((one) => types.includes(one))) &&
        (other === null || other.includes(canonical(value))),
    )
    for (const keyword of Object.keys(rest)) this.leave(path, keyword, any)
    if (values.length === 0) return this.never(path, 'values of another type than it names')
    return { type: 'literals', values }
  }

  #typed(schema: Schema, type: Json | undefined, path: string, depth: number): Shape {
    switch (type) {
      case 'object':
        return this.#object(schema, path, depth)
      case 'array':
        return this.#array(schema, path, depth)
      case 'string':
        return stringShape(this, schema, path)
      case 'integer':
      case 'number':
        return numberShape(this, schema, type, path)
      case 'boolean':
      case 'null':
        return { type }
      default:
        return any
    }
  }

  #object(schema: Schema, path: string, depth: number): Shape {
    for (const keyword of ['dependentRequired', 'dependentSchemas', 'unevaluatedProperties'])
      if (schema[keyword] !== undefined) this.leave(path, keyword, any)
    const { additionalProperties: extra, patternProperties } = schema
    const named = isObject(schema.properties) ? schema.properties : {}
    const required = new Set(listOf(schema.required).map(String))
    const unnamed = [...required].filter((name) => !Object.hasOwn(named, name))
    if (unnamed.length > 0 && extra === false && !isObject(patternProperties))
      return this.never(path, `the required property ${unnamed.join(', ')} is not among its properties`)
    const properties = [...Object.entries(named), ...unnamed.map((name) => [name, extra ?? true] as const)]
    const count = boundsOf(this, schema, 'minProperties', 'maxProperties', path)
    if (count === null) return never
    if (properties.length === 0) return this.#map(schema, count, path, depth)
    if (schema.propertyNames !== undefined && !allows(schema.propertyNames, properties))
      this.leave(path, 'propertyNames', any)
    if (patternProperties !== undefined) this.leave(path, 'patternProperties', any)
    const fields = properties.flatMap(([name, value]) => {
      const shape = this.#inner(value, `${path}/properties/${name}`, depth)
      return shape === never && !required.has(name) ? [] : [{ name, shape, required: required.has(name) }]
    })
    if (fields.some(({ shape }) => shape === never)) return never
    const fits = count.min <= fields.length && (count.max === null || count.max >= fields.length)
    if (!fits) this.leave(path, 'minProperties', any)
    return { type: 'object', fields, closed: extra === false, count: fits ? count : unbounded }
  }

  #map(schema: Schema, count: Bounds, path: string, depth: number): Shape {
    const { additionalProperties: extra, patternProperties, propertyNames } = schema
    const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : []
    const [only] = patterns
    if (extra === false && only === undefined)
      return count.min > 0
        ? this.never(path, 'no properties, and some of them')
        : { type: 'map', key: null, value: any, count: { min: 0, max: 0 } }
    // A name may be repeated, and counts once.
    if (count.min > 1) this.leave(path, 'minProperties', any)
    if (patterns.length > 1) this.leave(path, 'patternProperties', any)
    const names = only ? { pattern: only[0] } : null
    const keys = [names, propertyNames].filter((one) => one !== undefined && one !== null && one !== true)
    const key =
      keys.length === 0
        ? null
        : this.#merged({ type: 'string' }, keys as Json[], `${path}/propertyNames`, depth)
    const value = names && only ? only[1] : extra
    const inner = this.#inner(value, `${path}/additionalProperties`, depth)
    const isEmpty = inner === never || key === never
    if (isEmpty && count.min > 0) return never
    return {
      type: 'map',
      key: isEmpty ? null : key,
      value: inner,
      count: isEmpty ? { min: 0, max: 0 } : count,
    }
  }

  #array(schema: Schema, path: string, depth: number): Shape {
    for (const keyword of ['contains', 'unevaluatedItems'])
      if (schema[keyword] !== undefined) this.leave(path, keyword, any)
    const { items, prefixItems, uniqueItems } = schema
    const count = boundsOf(this, schema, 'minItems', 'maxItems', path)
    if (count === null) return never
    const { min, max } = count
    if (uniqueItems === true && max !== 1) this.leave(path, 'uniqueItems', any)
    const named = listOf(prefixItems).slice(0, max ?? undefined)
    const first = named.map((one, i) => this.#inner(one, `${path}/prefixItems/${i}`, depth))
    if (first.includes(never)) return never
    // Items beyond the named ones are left out where nothing requires them.
    const ends = items === false || (items === undefined && first.length > 0 && min <= first.length)
    if (ends && min > first.length) return this.never(path, 'minItems above the items that it has')
    const item = ends ? null : this.#inner(items, `${path}/items`, depth)
    if (item === never && min > first.length) return never
    if (item === never || item === null)
      return { type: 'list', first, item: null, count: { min, max: first.length } }
    return { type: 'list', first, item, count }
  }
}

function oneOf(given: readonly Shape[]): Shape {
  const shapes = given.filter((shape) => shape !== never)
  const [only] = shapes
  if (only === undefined) return never
  return shapes.length === 1 ? only : { type: 'either', shapes }
}

/** Whether a schema of names allows all of these, as far as its `type` and `enum` show. */
function allows(names: Json, properties: readonly (readonly [name: string, value: unknown])[]): boolean {
  if (!isObject(names) || Object.keys(names).some((keyword) => keyword !== 'type' && keyword !== 'enum'))
    return false
  return names.enum === undefined || properties.every(([name]) => listOf(names.enum).includes(name))
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : []
}

function asObject(schema: Schema): { readonly [keyword: string]: Json } {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => (value === undefined ? [] : [[keyword, value]])),
  )
}

function asJson(schema: Schema): Json {
  return asObject(schema)
}

function withoutDefs(schema: Json): Json {
  if (!isObject(schema)) return schema
  const { $defs: _, ...rest } = schema
  return rest
}

/** Returns the types that a schema names, or the type that its keywords apply to. */
function typesOf(schema: Schema): readonly (Json | undefined)[] {
  if (isList(schema.type)) return schema.type
  if (schema.type !== undefined) return [schema.type]
  const has = (...keywords: readonly string[]) => keywords.some((keyword) => keyword in schema)
  if (
    has(
      'properties',
      'required',
      'additionalProperties',
      'patternProperties',
      'propertyNames',
      'minProperties',
      'maxProperties',
    )
  )
    return ['object']
  if (has('items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains')) return ['array']
  if (has('pattern', 'format', 'minLength', 'maxLength')) return ['string']
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) return ['number']
  return [undefined]
}
