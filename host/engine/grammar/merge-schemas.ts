/** Merges two JSON schemas that must both hold into one, where that is simple. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { isObject, type Json } from '../../types/json.ts'
import type { Schema } from './json-pointer.ts'

type Merge = (a: Json, b: Json) => Json | null

const texts = (value: Json): readonly string[] => (Array.isArray(value) ? value.map(String) : [String(value)])
const greater: Merge = (a, b) => Math.max(Number(a), Number(b))
const lesser: Merge = (a, b) => Math.min(Number(a), Number(b))
const both: Merge = (a, b) => {
  if (a === true || b === true) return a === true ? b : a
  return a === false || b === false ? false : { allOf: [a, b] }
}
const eitherOf: Merge = (a, b) => [...new Set([...texts(a), ...texts(b)])]

/** Merges two values of a keyword; null where one value cannot express both. */
const merges: { readonly [keyword: string]: Merge } = {
  type: (a, b) => {
    const [these, those] = [texts(a), texts(b)]
    const has = (among: readonly string[], type: string) =>
      among.includes(type) || (type === 'integer' && among.includes('number'))
    return [
      ...new Set([...these.filter((type) => has(those, type)), ...those.filter((type) => has(these, type))]),
    ]
  },
  enum: (a, b) => {
    const known = new Set((b as Json[]).map(canonicalJson))
    return (a as Json[]).filter((value) => known.has(canonicalJson(value)))
  },
  required: eitherOf,
  allOf: (a, b) => [...(a as Json[]), ...(b as Json[])],
  uniqueItems: (a, b) => a === true || b === true,
  items: both,
  propertyNames: both,
  additionalProperties: both,
  ...Object.fromEntries(
    ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'].map((keyword) => [
      keyword,
      greater,
    ]),
  ),
  ...Object.fromEntries(
    ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'].map((keyword) => [
      keyword,
      lesser,
    ]),
  ),
}

/**
 * Merges two schemas. If two values of a keyword cannot be merged, the first stays and `onRest` is called with the keyword.
 * The result then allows more than both schemas do.
 */
export function mergeSchemas(a: Json, b: Json, onRest: (keyword: string) => void): Json {
  if (!isObject(a) || !isObject(b)) return a === false || b === false ? false : a === true ? b : a
  const out: { [keyword: string]: Json } = { ...a }
  for (const [keyword, value] of Object.entries(b)) {
    const before = a[keyword]
    if (before === undefined) out[keyword] = value
    else if (keyword === 'properties') continue
    else {
      const merged =
        canonicalJson(before) === canonicalJson(value) ? before : (merges[keyword]?.(before, value) ?? null)
      if (merged === null) onRest(keyword)
      else out[keyword] = merged
    }
  }
  const properties = mergedProperties(a, b)
  if (properties !== null) out.properties = properties
  const { type } = out
  return Array.isArray(type) && type.length === 0
    ? false
    : Array.isArray(out.enum) && out.enum.length === 0
      ? false
      : out
}

/** Merges the properties. A property that only one schema names must also fit the other's `additionalProperties`. */
function mergedProperties(a: Schema, b: Schema): Json | null {
  if (!isObject(a.properties) && !isObject(b.properties)) return null
  const [these, those] = [a, b].map(({ properties }) => (isObject(properties) ? properties : {}))
  const names = new Set([...Object.keys(these ?? {}), ...Object.keys(those ?? {})])
  const of = (
    schema: Schema,
    properties: { readonly [name: string]: Json } | undefined,
    name: string,
  ): Json =>
    properties && Object.hasOwn(properties, name)
      ? (properties[name] ?? true)
      : isObject(schema.patternProperties)
        ? true
        : (schema.additionalProperties ?? true)
  return Object.fromEntries(
    [...names].map((name) => {
      const [first, second] = [of(a, these, name), of(b, those, name)]
      const isSame = canonicalJson(first) === canonicalJson(second)
      return [name, isSame ? first : both(first, second)]
    }),
  ) as Json
}
