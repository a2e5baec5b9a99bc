/** Checks a whole JSON answer against the shape that its grammar was made of. */
import { limits } from '../../limits.ts'
import { isObject, type Json } from '../../types/json.ts'
import type { Bounds, Shape } from './json-shape.ts'

/**
 * Whether a value fits a shape. An answer that follows the grammar always does. The value comes from a stranger, so no
 * pattern of the schema runs on it, and each pair of value and shape is checked only once. Parts deeper than
 * `limits.answer_depth_max` or beyond `limits.answer_checks_max` are accepted unchecked. Pure.
 */
export function matchesShape(shape: Shape, value: Json): boolean {
  return new Fitting().fits(shape, value, 0)
}

class Fitting {
  readonly #known = new Map<Shape, Map<Json, boolean>>()
  #left: number = limits.answer_checks_max

  fits(shape: Shape, value: Json, depth: number): boolean {
    this.#left -= 1
    if (this.#left < 0 || depth > limits.answer_depth_max) return true
    switch (shape.type) {
      case 'any':
        return true
      case 'null':
        return value === null
      case 'boolean':
        return typeof value === 'boolean'
      case 'string':
        return typeof value === 'string' && hasLength(value, shape.length)
      case 'text':
      case 'counted':
        return typeof value === 'string' && (shape.taken?.test(value) ?? true)
      case 'integer':
      case 'number': {
        const isKind = shape.type === 'integer' ? Number.isInteger(value) : typeof value === 'number'
        return isKind && Number(value) >= shape.min && Number(value) <= shape.max
      }
      case 'literals':
        this.#left -= shape.values.length
        return shape.values.some((one) => isSame(one, value, depth))
      case 'either':
        return this.#once(shape, value, () => shape.shapes.some((one) => this.fits(one, value, depth)))
      case 'ref':
        return this.#once(shape, value, () => this.fits(shape.target, value, depth))
      case 'object':
        return isObject(value) && this.#object(shape, value, depth)
      case 'map': {
        // The grammar may repeat a name, and only one of its values remains.
        const count = { ...shape.count, min: Math.min(shape.count.min, 1) }
        return isObject(value) && this.#all(Object.values(value), count, () => shape.value, depth)
      }
      case 'list': {
        const { first, item, count } = shape
        return Array.isArray(value) && this.#all(value, count, (place) => first[place] ?? item, depth)
      }
    }
  }

  /** Checks a pair of shape and value once. A shape that leads back to itself without a value between fits nothing. */
  #once(shape: Shape, value: Json, look: () => boolean): boolean {
    const known = this.#known.get(shape) ?? new Map<Json, boolean>()
    this.#known.set(shape, known)
    const before = known.get(value)
    if (before !== undefined) return before
    known.set(value, false)
    const found = look()
    known.set(value, found)
    return found
  }

  #object(
    { fields, closed, count }: Extract<Shape, { type: 'object' }>,
    value: { readonly [name: string]: Json },
    depth: number,
  ): boolean {
    const shapes = new Map(fields.map(({ name, shape }) => [name, shape]))
    const other: Shape | null = closed ? null : { type: 'any' }
    this.#left -= fields.length
    if (fields.some(({ name, required }) => required && !Object.hasOwn(value, name))) return false
    const names = Object.keys(value)
    return this.#all(Object.values(value), count, (place) => shapes.get(names[place] ?? '') ?? other, depth)
  }

  /** Whether the number of items is within bounds, and each item fits its shape. */
  #all(
    items: readonly Json[],
    { min, max }: Bounds,
    shapeAt: (place: number) => Shape | null,
    depth: number,
  ): boolean {
    if (items.length < min || items.length > (max ?? items.length)) return false
    return items.every((item, place) => {
      const shape = shapeAt(place)
      return shape !== null && this.fits(shape, item, depth + 1)
    })
  }
}

/** Whether two values are the same; parts that are too deep are accepted unchecked. */
function isSame(one: Json, other: Json, depth: number): boolean {
  if (one === other || depth > limits.answer_depth_max) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, i) => isSame(item, other[i], depth + 1))
  if (!isObject(one) || !isObject(other)) return false
  const values = Object.entries(one)
  return (
    values.length === Object.keys(other).length &&
    values.every(
      ([name, value]) => Object.hasOwn(other, name) && isSame(value, other[name] ?? null, depth + 1),
    )
  )
}

/**
 * Whether the length of a text is within bounds. The grammar counts an escape as a character, and two escapes can be one
 * character: so the minimum is counted in UTF-16 units.
 */
function hasLength(text: string, { min, max }: Bounds): boolean {
  return text.length >= min && (max === null || text.length <= max || [...text].length <= max)
}
