/** Makes grammar rules from the shapes of JSON schemas. */
import { type Gbnf, literal, quoted, times } from './gbnf.ts'
import type { Bounds, Place, RefShape, Shape } from './json-shape.ts'

/**
 * Makes grammar rules of shapes. A rule may allow less than its shape: properties come in their order, and an object with
 * named properties has no others.
 */
export class ShapeRules {
  readonly #gbnf: Gbnf
  readonly #refs = new Map<RefShape, string>()
  readonly #places = new Map<Place, string>()
  /** Rules of texts and numbers by their body, which many properties may share. */
  readonly #shared = new Map<string, string>()

  constructor(gbnf: Gbnf) {
    this.#gbnf = gbnf
  }

  /** Returns the rule of a shape: a rule's name, or a body. */
  of(shape: Shape): string {
    switch (shape.type) {
      case 'any':
        return 'value'
      case 'boolean':
      case 'null':
        return shape.type
      case 'literals':
        return this.#gbnf.rule(shape.values.map(literal).join(' | '))
      case 'either':
        return this.#gbnf.rule(shape.shapes.map((one) => this.of(one)).join(' | '))
      case 'object':
        return this.#object(shape)
      case 'map':
        return this.#map(shape)
      case 'list':
        return this.#list(shape)
      case 'string':
        return this.#string(shape.length)
      case 'text':
        return this.#rule(`${quoted('"')} ${shape.rule} ${quoted('"')}`)
      case 'counted':
        return this.#rule(`${quoted('"')} ${this.#place(shape.first)}`)
      case 'integer':
      case 'number':
        return this.#rule(shape.rule)
      case 'ref':
        return this.#ref(shape)
    }
  }

  #rule(body: string): string {
    if (/^[a-z]+$/.test(body)) return body
    const rule = this.#shared.get(body) ?? this.#gbnf.rule(body)
    this.#shared.set(body, rule)
    return rule
  }

  #ref(shape: RefShape): string {
    const known = this.#refs.get(shape)
    if (known !== undefined) return known
    const name = this.#gbnf.name()
    this.#refs.set(shape, name)
    this.#gbnf.define(name, this.of(shape.target))
    return name
  }

  /** Returns the rule of the text after a place, with the quotation mark that ends it. */
  #place(place: Place): string {
    const known = this.#places.get(place)
    if (known !== undefined) return known
    const name = this.#gbnf.name()
    this.#places.set(place, name)
    const choices = place.next.map((one) => `${one.chars} ${this.#place(one.place)}`)
    this.#gbnf.define(name, [...choices, ...(place.ends ? [quoted('"')] : [])].join(' | '))
    return name
  }

  #object({ fields, count }: Extract<Shape, { type: 'object' }>): string {
    const all = count.min > fields.filter(({ required }) => required).length
    return this.#gbnf.fields(
      fields.map(({ name, shape, required }) => ({ name, rule: this.of(shape), required: all || required })),
    )
  }

  #map({ key, value, count }: Extract<Shape, { type: 'map' }>): string {
    if (key === null && value.type === 'any' && count.min === 0 && count.max === null) return 'object'
    if (count.max === 0) return this.#gbnf.rule('"{" ws "}"')
    const name = key === null ? 'string' : this.of(key)
    return this.#gbnf.rule(`"{" ws ${listed(`${name} ws ":" ws ${this.of(value)} ws`, count)} "}"`)
  }

  #list({ first, item, count: { min, max } }: Extract<Shape, { type: 'list' }>): string {
    if (first.length === 0) {
      const items = item === null || max === 0 ? '' : listed(`${this.of(item)} ws`, { min, max })
      return this.#gbnf.rule(`"[" ws ${items} "]"`)
    }
    const begin = first.map((one) => `${this.of(one)} ws`).join(' "," ws ')
    const [more, most] = [Math.max(0, min - first.length), max === null ? null : max - first.length]
    const rest = item === null ? '' : times(`"," ws ${this.of(item)} ws`, more, most)
    return this.#gbnf.rule(`"[" ws ${begin} ${rest} "]"`)
  }

  #string({ min, max }: Bounds): string {
    if (min === 0 && max === null) return 'string'
    return this.#gbnf.rule(`${quoted('"')} ${times('char', min, max)} ${quoted('"')}`)
  }
}

/** Returns the body for items with commas between them. */
function listed(item: string, { min, max }: Bounds): string {
  const more = times(`"," ws ${item}`, Math.max(0, min - 1), max === null ? null : max - 1)
  return min === 0 ? `(${item} ${more})?` : `${item} ${more}`
}
