import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import { canonicalJson } from '../../work/payload.ts'
import type { JsonNode } from './read-json.ts'
import type { Bounds, Shape } from './shape.ts'

/** Longest text that is parsed to see whether it is a listed value in another spelling: what is deep cannot be compared. */
const LITERAL_CHARS_MAX = 1_024
/** The last character that is one byte in UTF-8: of any after it a cut may leave some bytes. */
const ASCII_MAX = 0x7f

/**
 * Whether a value fits a shape, or where the text ends within it may come to. Whoever keeps to the grammar always does. The answer is
 * a stranger's, so no pattern of the schema is run on it, each pair of value and shape is looked at but once, and what lies deeper
 * than `limits.answer_depth_max` or beyond `limits.answer_checks_max` is taken as it is. Pure.
 */
export function fits(shape: Shape, node: JsonNode, text: string): boolean {
  return new Fitting(text).fits(shape, node, 0)
}

class Fitting {
  readonly #text: string
  readonly #known = new Map<Shape, Map<JsonNode, boolean>>()
  #left: number = limits.answer_checks_max

  constructor(text: string) {
    this.#text = text
  }

  fits(shape: Shape, node: JsonNode, depth: number): boolean {
    this.#left -= 1
    if (this.#left < 0 || depth > limits.answer_depth_max) return true
    switch (shape.type) {
      case 'any':
        return true
      case 'literals':
        return this.#isOneOf(shape.values, node)
      case 'either':
        return this.#once(shape, node, () => shape.shapes.some((one) => this.fits(one, node, depth)))
      case 'ref':
        return this.#once(shape, node, () => this.fits(shape.target, node, depth))
      case 'object':
        return node.kind === 'object' && this.#object(shape, node, depth)
      case 'map':
        return node.kind === 'object' && this.#all(node, shape.count, () => shape.value, depth)
      case 'list': {
        const { first, item, count } = shape
        return node.kind === 'array' && this.#all(node, count, (place) => first[place] ?? item, depth)
      }
      default:
        return this.#scalar(shape, node)
    }
  }

  /** A shape that leads back to itself without a value between fits nothing. */
  #once(shape: Shape, node: JsonNode, look: () => boolean): boolean {
    const known = this.#known.get(shape) ?? new Map<JsonNode, boolean>()
    this.#known.set(shape, known)
    const before = known.get(node)
    if (before !== undefined) return before
    known.set(node, false)
    const found = look()
    known.set(node, found)
    return found
  }

  #object(
    { fields, closed, count }: Extract<Shape, { type: 'object' }>,
    node: JsonNode,
    depth: number,
  ): boolean {
    const shapes = new Map(fields.map(({ name, shape }) => [name, shape]))
    const other: Shape | null = closed ? null : { type: 'any' }
    const names = new Set(node.names)
    const lacks = fields.some(({ name, required }) => required && !names.has(name))
    this.#left -= fields.length
    if (lacks && !node.open) return false
    return this.#all(node, count, (place) => shapes.get(node.names[place] ?? '') ?? other, depth)
  }

  /** Whether there are so many items, or may come to be, and each fits its shape. */
  #all(
    { items, open }: JsonNode,
    { min, max }: Bounds,
    shapeAt: (place: number) => Shape | null,
    depth: number,
  ): boolean {
    if (items.length > (max ?? items.length) || (!open && items.length < min)) return false
    return items.every((item, place) => {
      const shape = shapeAt(place)
      return shape !== null && this.fits(shape, item, depth + 1)
    })
  }

  #isOneOf(values: readonly Json[], node: JsonNode): boolean {
    this.#left -= values.length
    const text = this.#text.slice(node.begin, node.end)
    if (node.open) return values.some((value) => canBegin(JSON.stringify(value), text))
    if (values.some((value) => JSON.stringify(value) === text)) return true
    if (text.length > LITERAL_CHARS_MAX) return false
    const found = canonicalJson(JSON.parse(text))
    return values.some((value) => canonicalJson(value) === found)
  }

  #scalar(shape: Shape, node: JsonNode): boolean {
    const text = this.#text.slice(node.begin, node.end)
    switch (shape.type) {
      case 'null':
        return node.kind === 'word' && 'null'.startsWith(text)
      case 'boolean':
        return node.kind === 'word' && !'null'.startsWith(text)
      case 'string':
        return node.kind === 'string' && (node.open || hasLength(text, shape.length))
      case 'text':
      case 'counted':
        return node.kind === 'string' && (node.open || (shape.taken?.test(JSON.parse(text)) ?? true))
      case 'number':
        return (
          node.kind === 'number' && (node.open || (Number(text) >= shape.min && Number(text) <= shape.max))
        )
      case 'integer': {
        const value = Number(text)
        const isIn = Number.isInteger(value) && value >= shape.min && value <= shape.max
        return node.kind === 'number' && (node.open || isIn)
      }
      default:
        return false
    }
  }
}

/** Whether a value begins with a text that was cut off, whose last character may be there in part: those bytes read as U+FFFD. */
function canBegin(value: string, text: string): boolean {
  if (value.startsWith(text)) return true
  const whole = text.slice(0, -1)
  const isTorn = text.endsWith('\uFFFD') && value.charCodeAt(whole.length) > ASCII_MAX
  return isTorn && value.startsWith(whole)
}

/** The grammar counts an escape as a character, and two of them can be one: so the least is counted its way. */
function hasLength(text: string, { min, max }: Bounds): boolean {
  if (min === 0 && max === null) return true
  const written = [...text.slice(1, -1).replaceAll(/\\(u[\da-fA-F]{4}|.)/g, '_')].length
  return written >= min && [...(JSON.parse(text) as string)].length <= (max ?? written)
}
