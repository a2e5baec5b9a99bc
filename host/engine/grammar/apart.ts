import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { canonicalJson } from '../../work/payload.ts'
import { isObject, pointed } from './pointed.ts'

/** What is told of a schema by a look: the types of its values, and the values themselves where it lists them. */
interface Kind {
  readonly types: readonly string[]
  readonly values: ReadonlySet<string> | null
  /** Of an object the properties that it must have. */
  readonly required: ReadonlyMap<string, Json>
}

const open: Kind = {
  types: ['object', 'array', 'string', 'number', 'boolean', 'null'],
  values: null,
  required: new Map(),
}

/**
 * Whether no value can be valid under two of these schemas, as far as a look tells: they have other types, list other values, or are
 * objects that must have a property which is told apart so. Pure.
 */
export function areApart(schemas: readonly Json[], root: Json): boolean {
  const look = new Look(root)
  const kinds = schemas.map((schema) => look.kindsOf(schema))
  return kinds.every((some, place) => kinds.slice(0, place).every((others) => look.apart(some, others)))
}

class Look {
  readonly #root: Json
  /** Schemas that may still be looked at: references can make a short document a tree without end. */
  #left: number = limits.schema_count_max

  constructor(root: Json) {
    this.#root = root
  }

  /** A schema as one kind, or as those of its branches. */
  kindsOf(schema: Json): readonly Kind[] {
    this.#left -= 1
    if (!isObject(schema) || this.#left < 0) return [open]
    const { $ref, enum: among, anyOf, oneOf, type } = schema
    if (typeof $ref === 'string') return this.kindsOf(pointed(this.#root, $ref) ?? true)
    const values = 'const' in schema ? [schema.const ?? null] : among
    if (isList(values)) {
      const types = values.flatMap(typeOf).filter((one) => one !== 'integer')
      return [{ ...open, types, values: new Set(values.map(canonicalJson)) }]
    }
    const choices = anyOf ?? oneOf
    if (isList(choices)) return choices.flatMap((choice) => this.kindsOf(choice))
    if (type === undefined) return [open]
    const types = [type].flat().map((one) => (one === 'integer' ? 'number' : String(one)))
    return [{ ...open, types, required: requiredOf(schema) }]
  }

  apart(some: readonly Kind[], others: readonly Kind[]): boolean {
    return some.every((one) => others.every((other) => this.#areApart(one, other)))
  }

  #areApart(a: Kind, b: Kind): boolean {
    if (!a.types.some((type) => b.types.includes(type))) return true
    const { values } = b
    if (a.values && values) return [...a.values].every((value) => !values.has(value))
    // Only objects are told apart by what is in them, and nothing else may be among them.
    if ([...a.types, ...b.types].some((type) => type !== 'object')) return false
    return [...a.required].some(([name, inA]) => {
      const inB = b.required.get(name)
      return inB !== undefined && this.apart(this.kindsOf(inA), this.kindsOf(inB))
    })
  }
}

function requiredOf({ properties, required }: { readonly [name: string]: Json }): ReadonlyMap<string, Json> {
  const named = isObject(properties) ? properties : {}
  const must = isList(required) ? required.map(String) : []
  return new Map(must.flatMap((name) => (Object.hasOwn(named, name) ? [[name, named[name] ?? null]] : [])))
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The types that a value has, as schemas name them. */
export function typeOf(value: Json): readonly string[] {
  if (value === null) return ['null']
  if (Array.isArray(value)) return ['array']
  if (Number.isInteger(value)) return ['integer', 'number']
  return [typeof value]
}
