/** Makes grammar rules from the simple regular expressions in JSON schemas. */
import { limits } from '../../limits.ts'
import { quoted, times } from './gbnf.ts'

/** Ranges of code points, both ends included, in any order. */
type Ranges = readonly (readonly [number, number])[]

/** Characters that JSON text holds unescaped: all but quotation mark, backslash, control characters and surrogates. */
const plain: Ranges = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
]
const digit: Ranges = [[0x30, 0x39]]
const word: Ranges = [...digit, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
const space: Ranges = [[0x20, 0x20]]
const named: Readonly<Record<string, Ranges>> = {
  d: digit,
  w: word,
  s: space,
  D: without(digit),
  W: without(word),
  S: without(space),
}
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', 0: '\0' }
const special = /[\^$\\.*+?()[\]{}|/]/

/** Thrown for a pattern that no grammar rule can be made from. */
const beyond = Symbol('beyond')

/** The texts that a pattern matches. `chars` is the grammar's body for one character; `max` null means without bound. */
export type Matched =
  | { readonly type: 'char'; readonly chars: string }
  | { readonly type: 'sequence'; readonly parts: readonly Matched[] }
  | { readonly type: 'either'; readonly choices: readonly Matched[] }
  | { readonly type: 'times'; readonly of: Matched; readonly min: number; readonly max: number | null }

/** A pattern as a grammar carries it. */
export interface ReadPattern {
  /** The characters between a text's quotation marks. */
  readonly matched: Matched
  /** Whether each text of `matched` matches the pattern; false where a look-ahead or look-behind is left out. */
  readonly isWhole: boolean
}

const nothing: Matched = { type: 'sequence', parts: [] }
const anything: Matched = { type: 'times', of: { type: 'char', chars: 'char' }, min: 0, max: null }

/** Reads a pattern; null for features that a grammar lacks, such as back references and character properties. */
export function readPattern(pattern: string): ReadPattern | null {
  if (pattern.length > limits.schema_pattern_chars_max) return null
  try {
    const reader = new Reader(pattern)
    const matched = reader.whole()
    return { matched, isWhole: !reader.looks }
  } catch (thrown) {
    if (thrown === beyond) return null
    throw thrown
  }
}

/** Returns the body of the grammar rule for the texts that a pattern matches. */
export function bodyOf(matched: Matched): string {
  switch (matched.type) {
    case 'char':
      return matched.chars
    case 'sequence':
      return matched.parts.map(bodyOf).join(' ') || '""'
    case 'either':
      return `(${matched.choices.map(bodyOf).join(' | ')})`
    case 'times':
      return times(bodyOf(matched.of), matched.min, matched.max) || '""'
  }
}

class Reader {
  readonly #chars: readonly string[]
  #at = 0
  /** Whether it has a look-ahead or look-behind. */
  looks = false

  constructor(pattern: string) {
    this.#chars = [...pattern]
  }

  whole(): Matched {
    const choices: Matched[] = []
    do {
      const begin = this.#take('^') ? [] : [anything]
      const middle = this.#sequence()
      const end = this.#take('$') ? [] : [anything]
      choices.push(sequence([...begin, middle, ...end]))
    } while (this.#take('|'))
    if (this.#at < this.#chars.length) throw beyond
    return either(choices)
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #sequence(): Matched {
    const parts: Matched[] = []
    for (;;) {
      const char = this.#chars[this.#at]
      if (char === undefined || char === '|' || char === ')' || char === '$') return sequence(parts)
      parts.push(this.#repeated(this.#atom()))
    }
  }

  #group(): Matched {
    if (/^\?<?[=!]/.test(this.#chars.slice(this.#at, this.#at + 3).join(''))) return this.#look()
    if (this.#take('?')) {
      if (this.#take('<')) {
        const end = this.#chars.indexOf('>', this.#at)
        if (end === -1 || !/^[A-Za-z_]\w*$/.test(this.#chars.slice(this.#at, end).join(''))) throw beyond
        this.#at = end + 1
      } else if (!this.#take(':')) throw beyond
    }
    const choices: Matched[] = []
    do choices.push(this.#sequence())
    while (this.#take('|'))
    if (!this.#take(')')) throw beyond
    return either(choices)
  }

  /** Skips a look-ahead or look-behind, up to its closing bracket. */
  #look(): Matched {
    this.looks = true
    for (let [open, inClass] = [1, false]; open > 0; this.#at += 1) {
      const char = this.#chars[this.#at]
      if (char === undefined) throw beyond
      if (char === '\\') this.#at += 1
      else if (char === '[' || char === ']') inClass = char === '['
      else if (!inClass) open += char === '(' ? 1 : char === ')' ? -1 : 0
    }
    return nothing
  }

  #atom(): Matched {
    const char = this.#chars[this.#at] ?? ''
    this.#at += 1
    if (char === '(') return this.#group()
    if (char === '[') return charOf(this.#class())
    if (char === '.') return charOf(plain)
    if (char === '\\') {
      if (this.#take('b') || this.#take('B')) {
        this.looks = true
        return nothing
      }
      const set = this.#escape()
      return typeof set === 'string' ? literalOf(set) : charOf(set)
    }
    if ('^*+?{'.includes(char)) throw beyond
    return literalOf(char)
  }

  #repeated(of: Matched): Matched {
    const bounds = this.#bounds()
    if (bounds === null) return of
    const [min, max] = bounds
    if (Math.max(min, max ?? 0) > limits.schema_count_max || min > (max ?? min)) throw beyond
    // A lazy quantifier matches the same texts as a greedy one.
    this.#take('?')
    return of === nothing || max === 0 ? nothing : { type: 'times', of, min, max }
  }

  /** Reads the quantifier of the last atom; null where it has none. */
  #bounds(): readonly [min: number, max: number | null] | null {
    if (this.#take('*')) return [0, null]
    if (this.#take('+')) return [1, null]
    if (this.#take('?')) return [0, 1]
    if (this.#chars[this.#at] !== '{') return null
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 20).join(''))
    if (!found) throw beyond
    const [all, min = '', more, max = ''] = found
    this.#at += all.length
    return [Number(min), more === undefined ? Number(min) : max === '' ? null : Number(max)]
  }

  /** Reads a character, or a set of characters, after a backslash. */
  #escape(): string | Ranges {
    const char = this.#chars[this.#at] ?? ''
    this.#at += 1
    if (Object.hasOwn(named, char)) return named[char] ?? []
    if (Object.hasOwn(controls, char)) return controls[char] ?? ''
    if (char === 'x') return this.#hex(2)
    if (char === 'u') return this.#hex(4)
    if (special.test(char) || '-_@#%&=:;,<>\'"`~! '.includes(char)) return char
    throw beyond
  }

  #hex(count: number): string {
    const digits = this.#chars.slice(this.#at, this.#at + count).join('')
    if (!new RegExp(`^[\\da-fA-F]{${count}}$`).test(digits)) throw beyond
    this.#at += count
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  #class(): Ranges {
    const negated = this.#take('^')
    const ranges: (readonly [number, number])[] = []
    while (!this.#take(']')) {
      const from = this.#member()
      if (typeof from !== 'string') {
        ranges.push(...from)
        continue
      }
      const isRange = this.#chars[this.#at] === '-' && this.#chars[this.#at + 1] !== ']'
      if (isRange) this.#at += 1
      const to = isRange ? this.#member() : from
      if (typeof to !== 'string' || code(to) < code(from)) throw beyond
      ranges.push([code(from), code(to)])
    }
    return negated ? without(ranges) : ranges
  }

  #member(): string | Ranges {
    const char = this.#chars[this.#at]
    this.#at += 1
    if (char === undefined || char === '[') throw beyond
    return char === '\\' ? this.#escape() : char
  }
}

function sequence(parts: readonly Matched[]): Matched {
  const all = parts.flatMap((part) => (part.type === 'sequence' ? part.parts : [part]))
  const [only] = all
  if (only === undefined) return nothing
  return all.length === 1 ? only : { type: 'sequence', parts: all }
}

function either(choices: readonly Matched[]): Matched {
  const [only] = choices
  return only !== undefined && choices.length === 1 ? only : { type: 'either', choices }
}

function code(char: string): number {
  return char.codePointAt(0) ?? 0
}

/** Returns all plain characters except these. */
function without(ranges: Ranges): Ranges {
  return ranges.reduce<Ranges>(
    (left, [from, to]) =>
      left.flatMap(([low, high]) =>
        to < low || from > high
          ? [[low, high] as const]
          : ([[low, from - 1] as const, [to + 1, high] as const] as const).filter(([a, b]) => a <= b),
      ),
    plain,
  )
}

/** Returns the pattern of a character as JSON text writes it. */
function literalOf(char: string): Matched {
  return { type: 'char', chars: quoted(JSON.stringify(char).slice(1, -1)) }
}

/** Returns the pattern of one character of a set, without those that are not plain. */
function charOf(ranges: Ranges): Matched {
  const within = plain.flatMap(([low, high]) =>
    ranges
      .map(([from, to]) => [Math.max(low, from), Math.min(high, to)] as const)
      .filter(([from, to]) => from <= to),
  )
  if (within.length === 0) throw beyond
  const text = ([from, to]: readonly [number, number]) =>
    from === to ? classChar(from) : `${classChar(from)}-${classChar(to)}`
  return { type: 'char', chars: `[${within.map(text).join('')}]` }
}

function classChar(point: number): string {
  const char = String.fromCodePoint(point)
  if (/^[A-Za-z0-9]$/.test(char)) return char
  const hex = point.toString(16).toUpperCase()
  if (point < 0x100) return `\\x${hex.padStart(2, '0')}`
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
