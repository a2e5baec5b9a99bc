/** Makes the fields of a form from a verb's schema, and its input from what was typed. */
import type { Schema } from './verbs.ts'

/** How a field is asked for. A `list` has one item on each line, and a `file` is sent in base64. */
type FieldKind =
  | 'text'
  | 'lines'
  | 'number'
  | 'duration'
  | 'check'
  | 'choice'
  | 'choices'
  | 'list'
  | 'file'
  | 'json'

/** One field of a form. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly about: string
  readonly kind: FieldKind
  readonly required: boolean
  /** The values that a choice has. */
  readonly among: readonly string[]
  readonly min: number | null
  readonly max: number | null
  /** The value that counts if it is left out, as a person types it; empty without one. */
  readonly usual: string
}

/** The typed values by field: text, or the chosen values of `choices`, each on a line; `yes` for a check. */
export type Typed = Readonly<Record<string, string>>

/** The largest number of 32 bits: no person meets a bound from here on. */
const SHOWN_MAX = 0xffff_ffff
/** Characters from which a text is asked for in several lines. */
const LINES_FROM = 512

/** Returns the fields of a verb, those that it needs first. */
export function fieldsOf({ properties = {}, required = [] }: Schema): readonly Field[] {
  const fields = Object.entries(properties).map(([name, schema]) =>
    fieldOf(name, schema, required.includes(name)),
  )
  return [...fields.filter((one) => one.required), ...fields.filter((one) => !one.required)]
}

function fieldOf(name: string, given: Schema, required: boolean): Field {
  const forms = given.anyOf?.filter(({ type }) => type !== 'null') ?? []
  const schema: Schema = forms.length === 1 ? { ...forms[0], ...given } : given
  const kind = forms.length > 1 ? 'json' : kindOf(name, schema)
  const { minimum, maximum } = schema
  return {
    name,
    label: labelOf(name, kind),
    about: schema.description ?? '',
    kind,
    required,
    among: (schema.enum ?? schema.items?.enum ?? []).map(String),
    min: minimum ?? null,
    max: maximum !== undefined && maximum < SHOWN_MAX ? maximum : null,
    usual: usualOf(kind, schema.default),
  }
}

function typesOf({ type = [] }: Schema): readonly string[] {
  return typeof type === 'string' ? [type] : type
}

function kindOf(name: string, schema: Schema): FieldKind {
  const types = typesOf(schema)
  if (schema.enum) return 'choice'
  if (types.includes('boolean')) return 'check'
  if (types.includes('integer') || types.includes('number'))
    return name.endsWith('_ms') ? 'duration' : 'number'
  if (types.includes('array')) return schema.items?.enum ? 'choices' : 'list'
  if (!types.includes('string')) return 'json'
  if (schema.contentEncoding === 'base64') return 'file'
  const isLong = (schema.maxLength ?? 0) > LINES_FROM && schema.pattern === undefined
  return name === 'prompt' || isLong ? 'lines' : 'text'
}

function labelOf(name: string, kind: FieldKind): string {
  if (kind === 'file') return name === 'base64' ? 'file' : name
  return name.replace(/_ms$/, '').replaceAll('_', ' ')
}

function usualOf(kind: FieldKind, usual: unknown): string {
  if (usual === undefined || usual === null) return ''
  if (kind === 'duration') return durationText(Number(usual))
  if (kind === 'check') return usual === true ? 'yes' : ''
  if (Array.isArray(usual)) return usual.join('\n')
  return typeof usual === 'object' ? JSON.stringify(usual) : String(usual)
}

/** The input that was typed, or the first field that cannot be read, with why. */
export type Reading =
  | { readonly input: Readonly<Record<string, unknown>> }
  | { readonly field: string; readonly fault: 'missing' | 'number' | 'duration' | 'json' }

/** Returns the input of a verb. A field that was left empty, or as it usually is, is left out. */
export function readForm(fields: readonly Field[], typed: Typed): Reading {
  const input: Record<string, unknown> = {}
  for (const field of fields) {
    const text = typed[field.name] ?? field.usual
    if (text.trim() === '' && field.kind !== 'check' && field.kind !== 'choices') {
      if (field.required) return { field: field.name, fault: 'missing' }
      continue
    }
    if (text === field.usual && !field.required) continue
    const value = valueFrom(field, text)
    if (value === null) return { field: field.name, fault: faultOf(field.kind) }
    input[field.name] = value
  }
  return { input }
}

function faultOf(kind: FieldKind): 'number' | 'duration' | 'json' {
  return kind === 'number' || kind === 'duration' ? kind : 'json'
}

/** Returns the value of a typed text; null if it cannot be read. */
function valueFrom({ kind }: Field, text: string): unknown {
  if (kind === 'number') return Number.isFinite(Number(text)) ? Number(text) : null
  if (kind === 'duration') return milliseconds(text)
  if (kind === 'check') return text === 'yes'
  if (kind === 'choices' || kind === 'list')
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  if (kind !== 'json') return kind === 'lines' ? text : text.trim()
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Returns the milliseconds of a time as people type it, such as `90s`, `5 min` or `1h`; null if it is none. */
export function milliseconds(text: string): number | null {
  const [, count, unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?\s*$/i.exec(text) ?? []
  return count === undefined
    ? null
    : Math.round(Number(count) * UNITS[unit.toLowerCase() as keyof typeof UNITS])
}

/** Returns milliseconds as a person types them. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'min', 's'] as const)
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]} ${unit}`
  return `${ms} ms`
}
