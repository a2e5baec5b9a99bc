import { type Gbnf, literal, quoted, times } from './gbnf.ts'
import { type Bounds, formats, integerRule, type RefShape, type Shape } from './shape.ts'

/**
 * Makes grammar rules of shapes. They may allow less than the shape: properties come in their order, and none of other names where
 * it names some.
 */
export class ShapeRules {
  readonly #gbnf: Gbnf
  readonly #refs = new Map<RefShape, string>()
  /** Rules of integers by their range: a range is up to a thousand literals. */
  readonly #integers = new Map<string, string>()

  constructor(gbnf: Gbnf) {
    this.#gbnf = gbnf
  }

  /** The rule of a shape: the name of one, or a body that stands for itself. */
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
        return this.#map(shape.value, shape.count)
      case 'list':
        return this.#list(shape)
      case 'string':
        return this.#string(shape.length)
      case 'format':
        return this.#gbnf.rule(`${quoted('"')} ${formats[shape.format].rule} ${quoted('"')}`)
      case 'integer':
        return this.#integer(shape.min, shape.max)
      case 'number':
        return shape.min === 0 ? '(natural ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?)' : 'number'
      case 'ref':
        return this.#ref(shape)
    }
  }

  #integer(min: number, max: number): string {
    const range = `${min} ${max}`
    const rule = this.#integers.get(range) ?? this.#gbnf.rule(integerRule(min, max))
    this.#integers.set(range, rule)
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

  #object({ fields, count }: Extract<Shape, { type: 'object' }>): string {
    const all = count.min > fields.filter(({ required }) => required).length
    return this.#gbnf.fields(
      fields.map(({ name, shape, required }) => ({ name, rule: this.of(shape), required: all || required })),
    )
  }

  #map(value: Shape, count: Bounds): string {
    if (value.type === 'any' && count.min === 0 && count.max === null) return 'object'
    if (count.max === 0) return this.#gbnf.rule('"{" ws "}"')
    return this.#gbnf.rule(`"{" ws ${listed(`string ws ":" ws ${this.of(value)} ws`, count)} "}"`)
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

/** Items with commas between them. */
function listed(item: string, { min, max }: Bounds): string {
  const more = times(`"," ws ${item}`, Math.max(0, min - 1), max === null ? null : max - 1)
  return min === 0 ? `(${item} ${more})?` : `${item} ${more}`
}
