import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { literal } from './gbnf.ts'

/** How many there are of something; `max` null is without bound. */
export interface Bounds {
  readonly min: number
  readonly max: number | null
}

/** A property with a name of its own. */
export interface Field {
  readonly name: string
  readonly shape: Shape
  readonly required: boolean
}

/** What a reference of a schema stands for; it may lead back to itself. */
export interface RefShape {
  readonly type: 'ref'
  target: Shape
}

/**
 * What is carried of a JSON schema, and nothing else of it. The worker's grammar is made of this and the poster's check as well, so
 * that what the one allows the other takes.
 */
export type Shape =
  | { readonly type: 'any' | 'boolean' | 'null' }
  | { readonly type: 'literals'; readonly values: readonly Json[] }
  | { readonly type: 'either'; readonly shapes: readonly Shape[] }
  /** `closed`: without properties of other names. */
  | {
      readonly type: 'object'
      readonly fields: readonly Field[]
      readonly closed: boolean
      readonly count: Bounds
    }
  /** An object without names of its own. */
  | { readonly type: 'map'; readonly value: Shape; readonly count: Bounds }
  /** `item` is what follows the first ones; null where nothing may. */
  | {
      readonly type: 'list'
      readonly first: readonly Shape[]
      readonly item: Shape | null
      readonly count: Bounds
    }
  | { readonly type: 'string'; readonly length: Bounds }
  | { readonly type: 'format'; readonly format: Format }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'number'; readonly min: number }
  | RefShape

/** Any number of something. */
export const unbounded: Bounds = { min: 0, max: null }

const digits = (count: number) => `[0-9]{${count}}`
const month = '("0" [1-9] | "1" [0-2])'
const day = '("0" [1-9] | [12] [0-9] | "3" [01])'
const hour = '([01] [0-9] | "2" [0-3])'
const date = `${digits(4)} "-" ${month} "-" ${day}`
const time = `${hour} ":" [0-5] [0-9] ":" [0-5] [0-9] ("." ${digits(3)})? ("Z" | [+-] ${hour} ":" [0-5] [0-9])`

const dateText = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`
const timeText = String.raw`([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)`

/** The formats of texts: what is generated, and what is taken, which is no less. */
export const formats = {
  date: { rule: date, text: new RegExp(`^${dateText}$`) },
  time: { rule: time, text: new RegExp(`^${timeText}$`) },
  'date-time': { rule: `${date} "T" ${time}`, text: new RegExp(`^${dateText}T${timeText}$`) },
} as const

/** The name of such a format. */
export type Format = keyof typeof formats

/** Every integer of fifteen digits is within such bounds. */
const WIDE = 10 ** 15 - 1

/** The rules of ranges without an end, by where they begin. */
const openRanges = new Map([
  [-WIDE, 'integer'],
  [0, 'natural'],
  [1, '([1-9] [0-9]{0,14})'],
])

/** Whether a grammar of a sensible size carries the integers from `min` to `max`. */
export function carriesIntegers(min: number, max: number): boolean {
  if (max >= WIDE && openRanges.has(Math.max(min, -WIDE))) return true
  return max >= min && max - min < limits.schema_count_max
}

/** The rule of the integers from `min` to `max`, which it carries. */
export function integerRule(min: number, max: number): string {
  const open = max >= WIDE ? openRanges.get(Math.max(min, -WIDE)) : undefined
  return open ?? Array.from({ length: max - min + 1 }, (_, i) => literal(min + i || 0)).join(' | ')
}
