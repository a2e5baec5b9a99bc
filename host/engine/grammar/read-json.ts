/** A value of a JSON document, by where it stands in the text. */
export interface JsonNode {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'word'
  readonly begin: number
  end: number
  /** Whether the text ends within it, or may: a number at the end of what was cut off could go on. */
  open: boolean
  /** The names of an object's properties; one that is named twice stands there twice. */
  readonly names: string[]
  /** The values of these, or the items of an array. */
  readonly items: JsonNode[]
}

const words = ['true', 'false', 'null']
const space = /[ \t\n\r]*/y
const numberRun = /[-+.\deE]+/y
const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/
const wordRun = /[a-z]+/y
const escapeOf = /["\\/bfnrt]/
const hex = /^[\da-fA-F]*$/

/**
 * Reads a JSON document without recursion. Where `cut`, the text may be the beginning of one: `root` is null where nothing of it is
 * there. Null where it is neither. Pure; its time is linear in the text.
 */
export function readJson(text: string, cut: boolean): { readonly root: JsonNode | null } | null {
  const reader = new Reader(text, cut)
  return reader.read() ? { root: reader.root } : null
}

/** What may come next. */
type Next = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'nothing'

class Reader {
  readonly #text: string
  readonly #cut: boolean
  /** Objects and arrays that are not over, the innermost last. */
  readonly #within: JsonNode[] = []
  #at = 0
  #next: Next = 'value'
  /** The name of the property whose value comes next. */
  #name: string | null = null
  root: JsonNode | null = null

  constructor(text: string, cut: boolean) {
    this.#text = text
    this.#cut = cut
  }

  /** Whether the text is a document, or the beginning of one where that will do. */
  read(): boolean {
    for (;;) {
      this.#take(space)
      const char = this.#text[this.#at]
      if (char === undefined) return this.#cut || (this.#next === 'nothing' && this.root?.open === false)
      if (!this.#step(char)) return false
    }
  }

  #step(char: string): boolean {
    switch (this.#next) {
      case 'nothing':
        return false
      case 'colon':
        this.#at += 1
        this.#next = 'value'
        return char === ':'
      case 'comma or end': {
        if (char !== ',') return this.#close(char)
        this.#at += 1
        this.#next = this.#within.at(-1)?.kind === 'object' ? 'name' : 'value'
        return true
      }
      case 'name':
      case 'name or end':
        return char === '"' ? this.#readName() : this.#next === 'name or end' && this.#close(char)
      case 'value or end':
        return char === ']' ? this.#close(char) : this.#value(char)
      case 'value':
        return this.#value(char)
    }
  }

  #value(char: string): boolean {
    if (char === '{' || char === '[') {
      const node = this.#add(char === '{' ? 'object' : 'array', this.#at + 1, true)
      this.#within.push(node)
      this.#next = char === '{' ? 'name or end' : 'value or end'
      return true
    }
    if (char === '"') return this.#string('string')
    const run = this.#run(/[a-z]/.test(char) ? wordRun : numberRun)
    const atEnd = this.#cut && this.#at + run.length === this.#text.length
    if (words.includes(run)) this.#add('word', this.#at + run.length, false)
    else if (atEnd && run !== '' && words.some((word) => word.startsWith(run)))
      this.#add('word', this.#at + run.length, true)
    else if (number.test(run) || (atEnd && run !== '' && number.test(`${run}0`)))
      this.#add('number', this.#at + run.length, atEnd)
    else return false
    return true
  }

  /** Adds a value to what it is within, and goes behind it. */
  #add(kind: JsonNode['kind'], end: number, open: boolean): JsonNode {
    const node: JsonNode = { kind, begin: this.#at, end, open, names: [], items: [] }
    const parent = this.#within.at(-1)
    if (parent === undefined) this.root = node
    else {
      if (this.#name !== null) parent.names.push(this.#name)
      parent.items.push(node)
    }
    this.#name = null
    this.#at = end
    this.#next = parent === undefined ? 'nothing' : 'comma or end'
    return node
  }

  #close(char: string): boolean {
    const node = this.#within.pop()
    if (node === undefined || char !== (node.kind === 'object' ? '}' : ']')) return false
    this.#at += 1
    node.end = this.#at
    node.open = false
    this.#next = this.#within.length === 0 ? 'nothing' : 'comma or end'
    return true
  }

  #readName(): boolean {
    const begin = this.#at
    const end = this.#stringEnd()
    if (end === null) return false
    this.#at = end.at
    this.#next = 'colon'
    // Of a name that was cut off nothing is known, and nothing follows.
    if (!end.open) this.#name = JSON.parse(this.#text.slice(begin, end.at))
    return true
  }

  #string(kind: 'string'): boolean {
    const end = this.#stringEnd()
    if (end === null) return false
    this.#add(kind, end.at, end.open)
    return true
  }

  /** Where the text behind this quotation mark ends; null where it is none, or is cut off and may not be. */
  #stringEnd(): { readonly at: number; readonly open: boolean } | null {
    const text = this.#text
    for (let at = this.#at + 1; at < text.length; at += 1) {
      const char = text[at] ?? ''
      if (char === '"') return { at: at + 1, open: false }
      if (char < ' ') return null
      if (char !== '\\') continue
      at += 1
      const letter = text[at] ?? ''
      const digits = letter === 'u' ? text.slice(at + 1, at + 5) : ''
      if (
        letter === 'u' &&
        (!hex.test(digits) || (digits.length < 4 && at + 1 + digits.length < text.length))
      )
        return null
      if (letter !== '' && letter !== 'u' && !escapeOf.test(letter)) return null
      at += digits.length
    }
    return this.#cut ? { at: text.length, open: true } : null
  }

  #take(pattern: RegExp): void {
    this.#at += this.#run(pattern).length
  }

  #run(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? ''
  }
}
