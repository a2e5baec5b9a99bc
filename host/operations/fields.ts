/** Describes the input fields of an operation for people, from its JSON Schema. */

import { jsonSchemaOf, type Property } from './json-schema.ts'
import type { Flag, FlagKind, Operation } from './operation.ts'

/** One way to type a field, with its help text. */
export interface Way {
  readonly field: string
  readonly as: string
  readonly kind: FlagKind
  readonly about: string
  /** The type of the value, with its range: `number, 1 to 16`. */
  readonly type: string
  /** The value that counts if it is left out; null without one. */
  readonly usual: string | null
}

/** Help texts for the ways that say where a value comes from. */
const sources: Readonly<Partial<Record<FlagKind, string>>> = {
  'prompt-file': 'read it from a file, or from standard input (-)',
  'prompt-stdin': 'read it from standard input',
  'stdin-bytes': 'read it from standard input',
}

/** Returns the ways to type the fields of an operation, in order. */
export function waysIn({ input, flags }: Operation): Way[] {
  const { properties = {} } = jsonSchemaOf(input, 'input')
  return Object.entries(flags).flatMap(([field, ways]) =>
    ways.map((way) => wayOf(field, way, unwrapped(properties[field] ?? {}))),
  )
}

function wayOf(field: string, { as, kind: given, about }: Flag, property: Property): Way {
  const kind = given ?? kindOf(field, property)
  const text = about ?? sources[kind] ?? property.description ?? ''
  return { field, as, kind, about: text, type: typeText(kind, property), usual: usualText(kind, property) }
}

/** Returns the form of a field's value other than null, with the field's description and default. */
function unwrapped(property: Property): Property {
  const form = property.anyOf?.find(({ type }) => type !== 'null')
  return form === undefined ? property : { ...form, ...property }
}

function kindOf(field: string, { type }: Property): FlagKind {
  if (type === 'boolean') return 'boolean'
  if (type === 'array') return 'list'
  if (type !== 'integer' && type !== 'number') return 'text'
  return field.endsWith('_ms') ? 'duration' : 'number'
}

const typeNames: Readonly<Partial<Record<FlagKind, string>>> = {
  duration: 'time such as 90s or 5m',
  list: 'list (a,b,c)',
  boolean: 'flag',
  json: 'JSON, or a file of it',
  path: 'file',
  'prompt-file': 'file',
}

/** The largest number of 32 bits: no person meets a bound from here on. */
const SHOWN_MAX = 0xffff_ffff

function typeText(kind: FlagKind, property: Property): string {
  if (property.enum) return property.enum.join(', ')
  const name = typeNames[kind] ?? (kind === 'number' ? 'number' : 'text')
  return [name, ...rangeTexts(kind, property)].join(', ')
}

function rangeTexts(kind: FlagKind, { minimum = 0, maximum, maxItems }: Property): string[] {
  if (maxItems !== undefined) return [`${maxItems} at most`]
  if (kind !== 'number' && kind !== 'duration') return []
  const show = (bound: number): string => (kind === 'duration' ? timeText(bound) : String(bound))
  if (maximum !== undefined && maximum < SHOWN_MAX) return [`${show(minimum)} to ${show(maximum)}`]
  return minimum > 0 ? [`${show(minimum)} at least`] : []
}

function usualText(kind: FlagKind, { default: usual }: Property): string | null {
  if (usual == null || usual === '' || typeof usual === 'boolean' || Array.isArray(usual)) return null
  return kind === 'duration' ? timeText(Number(usual)) : String(usual)
}

/** Formats milliseconds as a person types them. */
function timeText(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, length] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / length}${unit}`
}

/** Returns the help text of a way: its meaning, the values that it takes, and the usual one. */
export function helpText({ about, kind, type, usual }: Way): string {
  const isPlain = ['text', 'flag', 'file', 'number'].includes(type) || kind === 'json'
  const facts = [
    ...(isPlain ? [] : [type.replace('number, ', '')]),
    ...(usual === null ? [] : [`default ${usual}`]),
  ]
  return facts.length === 0 ? about : `${about} (${facts.join('; ')})`
}
