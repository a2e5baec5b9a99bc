/** Makes the shapes of the texts and numbers of JSON schemas, and reads their bounds. */
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import type { CountedTexts } from './counted.ts'
import { FORMAT_CHARS, formatPattern, formatRanges, isFreeFormat, isOfFormat } from './formats.ts'
import type { Schema } from './json-pointer.ts'
import { type Bounds, judged, never, type Shape } from './json-shape.ts'
import { integerRule, numberRule, placesOf, type Range, WIDE } from './numbers.ts'
import { bodyOf, type Matched, type ReadPattern, readPattern } from './pattern.ts'

/** Records where a shape allows more than its schema. */
export interface Notes {
  /** Counts the characters of texts that have a pattern or a format. */
  readonly counted: CountedTexts
  /** Records a keyword that only the check of the whole answer enforces, and returns `rest`. */
  leave<T>(path: string, keyword: string, rest: T): T
  /** Records why nothing is valid, and returns the shape that nothing fits. */
  never(path: string, why: string): Shape
}

const any: Shape = { type: 'any' }

/** Returns the shape of a text. */
export function stringShape(notes: Notes, schema: Schema, path: string): Shape {
  const { format, pattern } = schema
  const ofFormat = typeof format === 'string' ? formatPattern(format) : null
  const most = ofFormat === null ? Infinity : FORMAT_CHARS.most
  const bounded = asNumber(schema.maxLength, 0) > most ? { ...schema, maxLength: most } : schema
  const length = boundsOf(notes, bounded, 'minLength', 'maxLength', path)
  if (length === null) return never
  const hasFormat = typeof format === 'string' && !isFreeFormat(format)
  if (typeof pattern === 'string' && !(ofFormat !== null && isOfFormat(pattern))) {
    if (hasFormat && !isOfFormat(pattern)) notes.leave(path, 'format', any)
    const read = readPattern(pattern)
    // A format is stricter than a pattern that is carried only in part.
    if (read?.isWhole || ofFormat === null) return patternedShape(notes, read, length, path)
    notes.leave(path, 'pattern', any)
  }
  if (ofFormat === null)
    return hasFormat ? notes.leave(path, 'format', { type: 'string', length }) : { type: 'string', length }
  const taken = judged.get(String(format)) ?? null
  const isBounded = length.min > FORMAT_CHARS.least || (length.max ?? FORMAT_CHARS.most) < FORMAT_CHARS.most
  const isCounted = length.max !== null && length.max <= FORMAT_CHARS.counted
  const counted = isCounted ? notes.counted.first(ofFormat.counted, length) : null
  if (counted !== null) return { type: 'counted', first: counted, taken }
  if (isBounded) notes.leave(path, 'length', any)
  return { type: 'text', rule: bodyOf(ofFormat.free), taken }
}

function patternedShape(notes: Notes, read: ReadPattern | null, length: Bounds, path: string): Shape {
  if (read === null) return notes.leave(path, 'pattern', { type: 'string', length })
  if (!read.isWhole) notes.leave(path, 'pattern', any)
  const { matched } = read
  const plain: Shape = { type: 'text', rule: bodyOf(matched), taken: null }
  if (length.min === 0 && length.max === null) return plain
  const row = rowOf(matched, length)
  if (row !== null) return { ...plain, rule: bodyOf(row) }
  const first = notes.counted.first(matched, length)
  return first === null ? notes.leave(path, 'length', plain) : { type: 'counted', first, taken: null }
}

/** Returns a repeated character with the bounds of both pattern and length; null for any other pattern. */
function rowOf(matched: Matched, { min, max }: Bounds): Matched | null {
  if (matched.type !== 'times' || matched.of.type !== 'char') return null
  const most = Math.min(matched.max ?? Infinity, max ?? Infinity)
  const least = Math.max(matched.min, min)
  return least > most ? null : { ...matched, min: least, max: most === Infinity ? null : most }
}

/** Returns the shape of a number. */
export function numberShape(notes: Notes, schema: Schema, type: 'integer' | 'number', path: string): Shape {
  const { multipleOf: step, format } = schema
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema
  const [least, most] = formatRanges[String(format)] ?? [-Infinity, Infinity]
  const low = Math.max(asNumber(minimum, least), asNumber(above, least), least)
  const high = Math.min(asNumber(maximum, most), asNumber(below, most), most)
  const [openMin, openMax] = [low === above, high === below]
  const range = { min: low, max: high, openMin, openMax }
  if (low > high || (low === high && (openMin || openMax)))
    return notes.never(path, 'a minimum above its maximum')
  if (typeof step === 'number') {
    const among = multiples(step, range, type === 'integer')
    if (among)
      return among.length === 0
        ? notes.never(path, 'no multiple in its range')
        : { type: 'literals', values: among }
  }
  const finest = typeof step === 'number' ? finestOf(step) : undefined
  if (finest === null) notes.leave(path, 'multipleOf', any)
  if (type === 'integer' || step === 1) return integerShape(notes, range, path)
  const isFree = low === -Infinity && high === Infinity && typeof finest !== 'number'
  const rule = isFree ? 'number' : numberRule(range, finest ?? undefined)
  if (rule === null) notes.leave(path, 'range', any)
  return { type: 'number', min: low, max: high, rule: rule ?? 'number' }
}

function integerShape(notes: Notes, { min: low, max: high, openMin, openMax }: Range, path: string): Shape {
  const min = openMin && Number.isInteger(low) ? low + 1 : Math.ceil(low)
  const max = openMax && Number.isInteger(high) ? high - 1 : Math.floor(high)
  if (min > max) return notes.never(path, 'no integer in its range')
  if (min > WIDE || max < -WIDE)
    return notes.leave(path, 'range', { type: 'integer', min: -Infinity, max: Infinity, rule: 'integer' })
  return { type: 'integer', min, max, rule: integerRule(min, max) }
}

/** Returns the bounds of a count; null where the minimum is above the maximum. */
export function boundsOf(
  notes: Notes,
  schema: Schema,
  least: string,
  most: string,
  path: string,
): Bounds | null {
  const [min, max] = [asNumber(schema[least], 0), asNumber(schema[most], Infinity)]
  if (min > max) {
    notes.never(path, `${least} above its ${most}`)
    return null
  }
  const top = limits.schema_count_max
  if (min > top) return notes.leave(path, least, { min: 0, max: null })
  if (max > top && max !== Infinity) notes.leave(path, most, null)
  return { min, max: max > top ? null : max }
}

/** Returns the multiples of a step within a range if they are few, else null. */
function multiples(step: number, { min, max, openMin, openMax }: Range, whole: boolean): number[] | null {
  const places = placesOf(step)
  const [first, last] = [Math.ceil(min / step), Math.floor(max / step)]
  if (places === null || !(last - first < limits.schema_count_max)) return null
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, i) => Number(((first + i) * step).toFixed(places)) || 0,
  )
    .filter((value) => (openMin ? value > min : value >= min) && (openMax ? value < max : value <= max))
    .filter((value) => !whole || Number.isInteger(value))
}

/** Returns the digits after the point of multiples of a tenth, a hundredth and so on; null for other steps. */
function finestOf(step: number): number | null {
  const places = placesOf(step)
  return places !== null && step === Number((10 ** -places).toFixed(places)) ? places : null
}

function asNumber(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
