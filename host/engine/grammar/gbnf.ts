/** What may stand between the parts of a document. It is bounded, or a model could go on with white space for ever. */
const spaces = { compact: '" "?', lines: '| " " | "\\n" [ \\t]{0,20}' }

/** llama.cpp's notation for grammars (GBNF), as far as JSON needs it. */
export class Gbnf {
  readonly #rules = new Map<string, string>()
  readonly #charsMax: number
  readonly #tooLong: () => Error
  #chars = 0

  /**
   * `space` is `compact`, or allows what a person would write over several lines. What makes the rules longer than so many characters
   * throws what `tooLong` gives, before more of them are made.
   */
  constructor(space: 'compact' | 'lines', charsMax: number, tooLong: () => Error) {
    this.#charsMax = charsMax
    this.#tooLong = tooLong
    this.define('ws', spaces[space])
    this.define('char', '[^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})')
    this.define('string', `${quoted('"')} char* ${quoted('"')}`)
    // Fifteen digits are an integer for every reader, and an exponent of two digits is no infinity.
    this.define('integer', '"-"? natural')
    this.define('natural', '"0" | [1-9] [0-9]{0,14}')
    this.define('number', 'integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?')
    this.define('boolean', '"true" | "false"')
    this.define('null', '"null"')
    this.define('value', 'object | array | string | number | boolean | null')
    this.define('pair', 'string ws ":" ws value')
    this.define('object', '"{" ws (pair ws ("," ws pair ws)*)? "}"')
    this.define('array', '"[" ws (value ws ("," ws value ws)*)? "]"')
  }

  /** Gives a rule a body. */
  define(name: string, body: string): void {
    this.#chars += body.length
    if (this.#chars > this.#charsMax) throw this.#tooLong()
    this.#rules.set(name, body)
  }

  /** A name that no rule has yet. */
  name(): string {
    const name = `r${this.#rules.size}`
    this.#rules.set(name, '')
    return name
  }

  /** Makes a rule of a body and gives its name. */
  rule(body: string): string {
    const name = this.name()
    this.define(name, body)
    return name
  }

  /** An object of these properties, in their order. */
  fields(fields: readonly { readonly name: string; readonly rule: string; readonly required: boolean }[]) {
    // After the first that stands there, each begins with a comma.
    let [first, later] = ['', '']
    for (const { name, rule, required } of fields.toReversed()) {
      const pair = `${literal(name)} ws ":" ws ${rule} ws`
      const [then, skipped] = [later, first]
      later = this.rule(required ? `"," ws ${pair} ${then}` : `("," ws ${pair})? ${then}`)
      const begun = `${pair} ${then}`
      first = this.rule(required ? begun : skipped === '' ? `(${begun})?` : `${begun} | ${skipped}`)
    }
    return this.rule(`"{" ws ${first} "}"`)
  }

  /** The whole grammar; a document is what `root` allows. */
  text(root: string): string {
    return [`root ::= ${root}`, ...[...this.#rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n')
  }
}

/** A text that is to stand there as it is. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`
}

/** A JSON value that is to stand there as it is. */
export function literal(value: unknown): string {
  return quoted(JSON.stringify(value))
}

/** How often something stands there; `max` null is without bound. */
export function times(body: string, min: number, max: number | null): string {
  if (max === 0) return ''
  return `(${body}){${min},${max ?? ''}}`
}
