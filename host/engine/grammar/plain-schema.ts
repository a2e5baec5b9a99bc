/** Converts a JSON schema of any draft or dialect into one plain form, and names each keyword that cannot be checked. */
import { limits } from '../../limits.ts'
import { isList, isObject, type Json } from '../../types/json.ts'
import { formatChecks } from './formats.ts'
import { resolvePointer, type Schema } from './json-pointer.ts'

/** A keyword that is left out: its path in the schema, and the reason in words for people. */
export interface LeftOut {
  readonly path: readonly string[]
  readonly why: string
}

/** A schema in plain form: draft 2020-12 without remarks; all its references lead to its own `$defs`. */
export interface PlainSchema {
  readonly schema: Json
  /** In the schema's order, no more than `openai_ignored_max`. */
  readonly leftOut: readonly LeftOut[]
}

/** Makes the plain form of a schema. Pure; its time is linear in the schema's length. */
export function plainSchema(schema: Json): PlainSchema {
  return new Plain(schema).read()
}

/** Keywords for people and tools, which do not affect validity. */
const remarks = new Set(
  (
    '$schema $id id $comment $anchor $vocabulary $defs definitions title description markdownDescription default example examples ' +
    'deprecated deprecationMessage readOnly writeOnly discriminator xml externalDocs contentEncoding contentMediaType contentSchema ' +
    'enumNames enumDescriptions markdownEnumDescriptions propertyOrdering propertyOrder errorMessage order unit units optional ' +
    'additionalItems then else minContains maxContains'
  ).split(' '),
)

const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const isText = (value: Json | undefined): value is string => typeof value === 'string'
const isNumber = (value: Json | undefined): value is number => typeof value === 'number'
const isCount = (value: Json | undefined) => Number.isInteger(value) && Number(value) >= 0
const isTexts = (value: Json | undefined) => Array.isArray(value) && value.every(isText)
const isSchema = (value: Json | undefined): value is Json => typeof value === 'boolean' || isObject(value)

/** Keywords that stay as they are if their value is of the right kind. */
const simple: { readonly [keyword: string]: (value: Json | undefined) => boolean } = {
  type: (value) => (isList(value) ? value.length > 0 && value.every(isType) : isType(value)),
  enum: (value) => isList(value) && value.length > 0,
  const: (value) => value !== undefined,
  required: isTexts,
  dependentRequired: (value) => isObject(value) && Object.values(value).every(isTexts),
  uniqueItems: (value) => typeof value === 'boolean',
  pattern: (value) => isText(value) && patternOf(value) !== null,
  format: (value) => isText(value) && Object.hasOwn(formatChecks, value),
  multipleOf: (value) => isNumber(value) && value > 0,
  ...Object.fromEntries(
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((keyword) => [keyword, isNumber]),
  ),
  ...Object.fromEntries(
    'minLength maxLength minItems maxItems minProperties maxProperties'
      .split(' ')
      .map((keyword) => [keyword, isCount]),
  ),
}

const single = new Set(
  'additionalProperties propertyNames items contains not if unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
)
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/** Compiles a pattern, in Unicode mode if possible; null where it is not a regular expression. */
export function patternOf(pattern: string): RegExp | null {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags)
    } catch {}
  }
  return null
}

function isType(value: Json | undefined): boolean {
  return isText(value) && types.includes(value)
}

type Path = readonly string[]

class Plain {
  readonly #root: Json
  readonly #leftOut: LeftOut[] = []
  /** Names of the definitions that are referred to, by their path in the original schema. */
  readonly #names = new Map<string, string>()
  readonly #defs: Record<string, Json> = {}

  constructor(root: Json) {
    this.#root = root
  }

  read(): PlainSchema {
    const schema = this.#value(this.#root, [])
    const hasDefs = isObject(schema) && this.#names.size > 0
    return { schema: hasDefs ? { ...schema, $defs: this.#defs } : schema, leftOut: this.#leftOut }
  }

  #leave(path: Path, why: string): void {
    if (this.#leftOut.length < limits.openai_ignored_max) this.#leftOut.push({ path, why })
  }

  #value(given: Json | undefined, path: Path): Json {
    if (typeof given === 'boolean') return given
    const isDeep = path.length > 2 * limits.openai_depth_max
    if (!isObject(given) || isDeep) {
      this.#leave(path, isDeep ? 'it is nested too deeply' : 'it is not a schema')
      return true
    }
    const schema = modern(given)
    const plain: Record<string, Json> = {}
    for (const [keyword, value] of Object.entries(schema)) {
      const kept = this.#keyword(schema, keyword, value ?? null, [...path, keyword])
      if (kept !== undefined) Object.assign(plain, { [keyword]: kept })
    }
    // An older version of zod writes `not: {}` for a schema that nothing fits.
    if (isObject(plain.not) && Object.keys(plain.not).length === 0) return false
    this.#condition(schema, plain, path)
    return schema.nullable === true ? orNull(plain) : plain
  }

  /** Returns the value of a keyword in the plain form; undefined where the keyword is left out. */
  #keyword(schema: Schema, keyword: string, value: Json, path: Path): Json | undefined {
    if (Object.hasOwn(simple, keyword)) {
      if (simple[keyword]?.(value)) return keyword === 'format' ? formatBeside(schema, value) : value
      // An unknown format next to a pattern is a name for the pattern.
      if (keyword !== 'format' || schema.pattern === undefined) this.#leave(path, flawOf(keyword, value))
      return undefined
    }
    if (keyword === '$ref') return this.#ref(value, path)
    if (keyword === 'nullable' && typeof value === 'boolean') return undefined
    if (single.has(keyword) && isSchema(value)) return this.#value(value, path)
    if (lists.has(keyword) && isList(value) && value.length > 0)
      return value.map((one, index) => this.#value(one, [...path, String(index)]))
    if (maps.has(keyword) && isObject(value)) return this.#map(keyword, value, path)
    if (keyword.startsWith('x-') || remarks.has(keyword)) return undefined
    const isKnown = single.has(keyword) || lists.has(keyword) || maps.has(keyword)
    this.#leave(path, isKnown ? flawOf(keyword, value) : 'nothing is known of such a keyword')
    return undefined
  }

  #map(keyword: string, value: { readonly [name: string]: Json }, path: Path): Json {
    const entries = Object.entries(value).flatMap(([name, one]) => {
      if (keyword !== 'patternProperties' || patternOf(name))
        return [[name, this.#value(one, [...path, name])]]
      this.#leave([...path, name], flawOf('pattern', name))
      return []
    })
    return Object.fromEntries(entries)
  }

  /** Adds the keywords that depend on another one: `then` and `else` on `if`, the counts on `contains`. */
  #condition(schema: Schema, plain: Record<string, Json>, path: Path): void {
    const beside = 'if' in plain ? ['then', 'else'] : []
    for (const keyword of beside)
      if (isSchema(schema[keyword])) plain[keyword] = this.#value(schema[keyword], [...path, keyword])
    const counts = 'contains' in plain ? ['minContains', 'maxContains'] : []
    for (const keyword of counts) if (isCount(schema[keyword])) plain[keyword] = schema[keyword] ?? null
  }

  #ref(value: Json, path: Path): Json | undefined {
    const { $id } = isObject(this.#root) ? this.#root : {}
    const isOwn = isText(value) && isText($id) && $id !== '' && value.startsWith(`${$id}#`)
    const ref = isText(value) ? (isOwn ? value.slice(String($id).length) : value) : ''
    if (ref === '#' || ref === '#/') return '#'
    const target = resolvePointer(this.#root, ref)
    if (!isSchema(target)) {
      this.#leave(path, `it refers to ${JSON.stringify(value).slice(0, 200)}, which is not within the schema`)
      return undefined
    }
    const known = this.#names.get(ref)
    const name = known ?? `d${this.#names.size}`
    if (known === undefined) {
      this.#names.set(ref, name)
      this.#defs[name] = this.#value(target, ref.slice(2).split('/'))
    }
    return `#/$defs/${name}`
  }
}

function flawOf(keyword: string, value: Json): string {
  const text = JSON.stringify(value).slice(0, 200)
  if (keyword === 'format') return `the format ${text} is not known`
  return keyword === 'pattern' ? `the pattern ${text} cannot be read` : `${text} is not a valid value of it`
}

/** Translates the keywords of older drafts. */
function modern(schema: Schema): Schema {
  const { items, additionalItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, dependencies } =
    schema
  const out: { [keyword: string]: Json | undefined } = { ...schema }
  if (isList(items)) {
    out.prefixItems = items.length > 0 ? items : undefined
    out.items = additionalItems
  }
  if (typeof exclusiveMinimum === 'boolean')
    Object.assign(
      out,
      exclusiveMinimum ? { exclusiveMinimum: minimum, minimum: undefined } : { exclusiveMinimum: undefined },
    )
  if (typeof exclusiveMaximum === 'boolean')
    Object.assign(
      out,
      exclusiveMaximum ? { exclusiveMaximum: maximum, maximum: undefined } : { exclusiveMaximum: undefined },
    )
  if (isObject(dependencies)) {
    const entries = Object.entries(dependencies)
    out.dependencies = undefined
    out.dependentRequired ??= Object.fromEntries(entries.filter(([, value]) => isTexts(value)))
    out.dependentSchemas ??= Object.fromEntries(entries.filter(([, value]) => isSchema(value)))
  }
  return Object.fromEntries(Object.entries(out).filter(([, value]) => value !== undefined))
}

/** Allows null in addition to a schema, as OpenAPI's `nullable` does. */
function orNull(schema: Schema): Json {
  const { type, enum: among } = schema
  if (type === undefined || 'const' in schema) return { anyOf: [withoutUndefined(schema), { type: 'null' }] }
  const types = [...new Set([type, 'null'].flat())]
  return withoutUndefined({ ...schema, type: types, ...(isList(among) ? { enum: [...among, null] } : {}) })
}

function withoutUndefined(schema: Schema): Json {
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, value ?? null]))
}

/** Returns the format to check: with a pattern, a time may lack its zone, as zod writes it. */
function formatBeside({ pattern }: Schema, format: Json): Json {
  return pattern !== undefined && (format === 'time' || format === 'date-time') ? `iso-${format}` : format
}
