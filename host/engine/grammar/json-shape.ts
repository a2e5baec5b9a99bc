/** Defines the shapes of JSON values that a grammar carries. */
import type { Json } from '../../types/json.ts'

/** Bounds of a count; `max` null means without bound. */
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

/** The target of a schema's reference; it may lead back to itself. */
export interface RefShape {
  readonly type: 'ref'
  target: Shape
}

/** A place in a text: whether the text may end there, and the place that each character leads to. It may lead back to itself. */
export interface Place {
  readonly ends: boolean
  /** `chars` is the grammar's body for one character. */
  readonly next: readonly { readonly chars: string; readonly place: Place }[]
}

/**
 * The part of a JSON schema that a grammar carries. The worker's grammar and the poster's check are both made of it, so the
 * check accepts all that the grammar allows.
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
  /** An object without fixed names; `key` is the shape of its names, null for any. */
  | { readonly type: 'map'; readonly key: Shape | null; readonly value: Shape; readonly count: Bounds }
  /** `item` is the shape of the items after the first ones; null where none may follow. */
  | {
      readonly type: 'list'
      readonly first: readonly Shape[]
      readonly item: Shape | null
      readonly count: Bounds
    }
  | { readonly type: 'string'; readonly length: Bounds }
  /** A text with a rule for its characters. `taken` matches the texts that are accepted, at least those of the rule; null: any. */
  | { readonly type: 'text'; readonly rule: string; readonly taken: RegExp | null }
  /** A text of bounded length with a rule for its characters. `taken`: as above. */
  | { readonly type: 'counted'; readonly first: Place; readonly taken: RegExp | null }
  /** `min` and `max` are within the range, or bound it. */
  | {
      readonly type: 'integer' | 'number'
      readonly min: number
      readonly max: number
      readonly rule: string
    }
  | RefShape

/** Any count. */
export const unbounded: Bounds = { min: 0, max: null }

/** The shape that nothing fits. */
export const never: Shape = { type: 'literals', values: [] }

const dateText = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`
const timeText = String.raw`([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)`

/** Formats that the answer of another machine must match. */
export const judged: ReadonlyMap<string, RegExp> = new Map([
  ['date', new RegExp(`^${dateText}$`)],
  ['time', new RegExp(`^${timeText}$`)],
  ['date-time', new RegExp(`^${dateText}T${timeText}$`)],
])
