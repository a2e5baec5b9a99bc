/** Writes grammars in llama.cpp's notation (GBNF). */

/** White space between the parts of a document. It is bounded, because a model could otherwise write white space for ever. */
const spaces = { compact: '" "?', lines: '| " " | "\\n" [ \\t]{0,20}' }

/** A grammar in llama.cpp's notation (GBNF), as far as JSON needs it. */
export class Gbnf {
  readonly #rules = new Map<string, string>()
  readonly #charsMax: number
  readonly #tooLong: () => Error
  #chars = 0

  /**
   * `space` is `compact`, or allows the white space of a document over several lines. A rule that makes the grammar longer
   * than `charsMax` characters throws the error of `tooLong`.
   */
  constructor(space: 'compact' | 'lines', charsMax: number, tooLong: () => Error) {
    this.#charsMax = charsMax
    this.#tooLong = tooLong
    this.define('ws', spaces[space])
    this.define('char', '[^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})')
    this.define('string', `${quoted('"')} char* ${quoted('"')}`)
    // Every reader reads fifteen digits as an exact integer, and an exponent of two digits makes no infinity.
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

  /** Sets the body of a rule. */
  define(name: string, body: string): void {
    this.#chars += body.length
    if (this.#chars > this.#charsMax) throw this.#tooLong()
    this.#rules.set(name, body)
  }

  /** Reserves and returns a new rule name. */
  name(): string {
    const name = `r${this.#rules.size}`
    this.#rules.set(name, '')
    return name
  }

  /** Makes a rule of a body and returns its name. */
  rule(body: string): string {
    const name = this.name()
    this.define(name, body)
    return name
  }

  /** Makes the rule of an object with these properties, in their order. */
  fields(fields: readonly { readonly name: string; readonly rule: string; readonly required: boolean }[]) {
    // Each property after the first that is present begins with a comma.
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

  /** Returns the whole grammar, whose documents are those of the rule `root`. */
  text(root: string): string {
    return [`root ::= ${root}`, ...[...this.#rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n')
  }
}

/** Returns the body for a literal text. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`
}

/** Returns the body for a literal JSON value. */
export function literal(value: unknown): string {
  return quoted(JSON.stringify(value))
}

/** Returns the body for repetitions; `max` null means without bound. */
export function times(body: string, min: number, max: number | null): string {
  if (max === 0) return ''
  return `(${body}){${min},${max ?? ''}}`
}
