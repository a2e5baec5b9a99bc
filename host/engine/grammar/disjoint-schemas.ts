/** Finds out whether two JSON schemas share no value. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { limits } from '../../limits.ts'
import { isList, isObject, type Json } from '../../types/json.ts'
import { resolvePointer } from './json-pointer.ts'

/** A summary of a schema: the types of its values, and the values themselves where it lists them. */
interface Kind {
  readonly types: readonly string[]
  readonly values: ReadonlySet<string> | null
  /** The properties that an object must have, by name. */
  readonly required: ReadonlyMap<string, Json>
  /** Whether an object may have a property of that name. */
  may(name: string): boolean
}

const open: Kind = {
  types: ['object', 'array', 'string', 'number', 'boolean', 'null'],
  values: null,
  required: new Map(),
  may: () => true,
}

/**
 * Compares the schemas of one document. References can make a short document an endless tree, and each pair of schemas is
 * compared, so the work is bounded. When the bound is reached, the rest counts as not distinct.
 */
export class DisjointSchemas {
  readonly #root: Json
  /** Schemas and values that may still be inspected. */
  #left: number = limits.schema_looks_max
  #depth = 0

  constructor(root: Json) {
    this.#root = root
  }

  /**
   * Whether no value can be valid under two of these schemas, as far as a bounded look shows. They then have other types or
   * list other values, or both are objects. In two such objects, a property that one must have is forbidden in the other, or
   * is required in both with distinct schemas.
   */
  areApart(schemas: readonly Json[]): boolean {
    const kinds = schemas.map((schema) => this.#kindsOf(schema))
    return kinds.every((some, place) => kinds.slice(0, place).every((others) => this.#each(some, others)))
  }

  /** Returns the summary of a schema, or the summaries of its branches. */
  #kindsOf(schema: Json): readonly Kind[] {
    return this.#deeper([open], () => this.#look(schema))
  }

  #look(schema: Json): readonly Kind[] {
    if (!isObject(schema)) return [open]
    const { $ref, enum: among, anyOf, oneOf, type } = schema
    if (typeof $ref === 'string') return this.#kindsOf(resolvePointer(this.#root, $ref) ?? true)
    const values = 'const' in schema ? [schema.const ?? null] : among
    if (isList(values)) {
      const types = values.flatMap(typeOf).filter((one) => one !== 'integer')
      return [{ ...open, types, values: new Set(values.map(canonicalJson)) }]
    }
    const choices = anyOf ?? oneOf
    if (isList(choices)) return choices.flatMap((choice) => this.#kindsOf(choice))
    if (type === undefined) return [open]
    const types = [type].flat().map((one) => (one === 'integer' ? 'number' : String(one)))
    const { properties, patternProperties, additionalProperties } = schema
    const isClosed = additionalProperties === false && patternProperties === undefined
    const may = (name: string) => !isClosed || (isObject(properties) && Object.hasOwn(properties, name))
    return [{ ...open, types, required: requiredOf(schema), may }]
  }

  #each(some: readonly Kind[], others: readonly Kind[]): boolean {
    return some.every((one) => others.every((other) => this.#areTwo(one, other)))
  }

  #areTwo(a: Kind, b: Kind): boolean {
    this.#left -= a.values?.size ?? 0
    return this.#deeper(false, () => this.#compare(a, b))
  }

  #compare(a: Kind, b: Kind): boolean {
    if (!a.types.some((type) => b.types.includes(type))) return true
    const { values } = b
    if (a.values && values) return [...a.values].every((value) => !values.has(value))
    // Only objects can be distinct by their content, so all types must be objects.
    if ([...a.types, ...b.types].some((type) => type !== 'object')) return false
    if (
      [...a.required.keys()].some((name) => !b.may(name)) ||
      [...b.required.keys()].some((name) => !a.may(name))
    )
      return true
    return [...a.required].some(([name, inA]) => {
      const inB = b.required.get(name)
      return inB !== undefined && this.#each(this.#kindsOf(inA), this.#kindsOf(inB))
    })
  }

  /** Returns the result of a nested look; `rest` where the bound of looks or of depth is reached. */
  #deeper<T>(rest: T, look: () => T): T {
    this.#left -= 1
    if (this.#left < 0 || this.#depth >= limits.schema_depth_max) return rest
    this.#depth += 1
    const found = look()
    this.#depth -= 1
    return found
  }
}

function requiredOf({ properties, required }: { readonly [name: string]: Json }): ReadonlyMap<string, Json> {
  const named = isObject(properties) ? properties : {}
  const must = isList(required) ? required.map(String) : []
  return new Map(must.flatMap((name) => (Object.hasOwn(named, name) ? [[name, named[name] ?? null]] : [])))
}

/** Returns the types of a value, as schemas name them. */
export function typeOf(value: Json): readonly string[] {
  if (value === null) return ['null']
  if (Array.isArray(value)) return ['array']
  if (Number.isInteger(value)) return ['integer', 'number']
  return [typeof value]
}
