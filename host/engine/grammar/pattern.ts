// Makes grammar rules from the regular expressions in JSON schemas, as far as they are simple.
import { limits } from '../../limits.ts'
import { quoted } from './gbnf.ts'

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

/** A grammar rule of a pattern. */
export interface PatternRule {
  /** Its body: the characters between a text's quotation marks. */
  readonly body: string
  /** Whether each text of the rule matches the pattern; false where the rule leaves out a look-ahead or look-behind. */
  readonly isWhole: boolean
}

/** Makes the rule of a pattern; null for features that a grammar lacks, such as back references and character properties. */
export function patternRule(pattern: string): PatternRule | null {
  if (pattern.length > limits.schema_pattern_chars_max) return null
  try {
    const reader = new Reader(pattern)
    const body = reader.whole()
    return { body, isWhole: !reader.looks }
  } catch (thrown) {
    if (thrown === beyond) return null
    throw thrown
  }
}

/** Makes the rule of a pattern with a bounded length, if the pattern repeats one kind of character; null for any other. */
export function boundedPatternRule(pattern: string, min: number, max: number | null): PatternRule | null {
  const kind = /^\^(\[(?:[^\]\\]|\\.)+\]|\\[dw]|\.)([+*])\$$/.exec(pattern)
  if (!kind) return null
  return patternRule(`^${kind[1]}{${Math.max(min, kind[2] === '+' ? 1 : 0)},${max ?? ''}}$`)
}

class Reader {
  readonly #chars: readonly string[]
  #at = 0
  /** Whether it looks ahead or back somewhere. */
  looks = false

  constructor(pattern: string) {
    this.#chars = [...pattern]
  }

  whole(): string {
    const choices: string[] = []
    do {
      const begins = this.#take('^')
      const body = this.#sequence()
      const ends = this.#take('$')
      choices.push([begins ? '' : 'char*', body, ends ? '' : 'char*'].filter(Boolean).join(' ') || '""')
    } while (this.#take('|'))
    if (this.#at < this.#chars.length) throw beyond
    return choices.length === 1 ? (choices[0] ?? '""') : `(${choices.join(' | ')})`
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #sequence(): string {
    const terms: string[] = []
    for (;;) {
      const char = this.#chars[this.#at]
      if (char === undefined || char === '|' || char === ')' || char === '$') return terms.join(' ')
      const term = this.#repeated(this.#atom())
      if (term !== '') terms.push(term)
    }
  }

  #group(): string {
    const isLook = /^\?<?[=!]/.exec(this.#chars.slice(this.#at, this.#at + 3).join(''))
    this.#at += isLook?.[0].length ?? 0
    if (!isLook && this.#take('?')) {
      if (this.#take('<')) {
        const end = this.#chars.indexOf('>', this.#at)
        if (end === -1 || !/^[A-Za-z_]\w*$/.test(this.#chars.slice(this.#at, end).join(''))) throw beyond
        this.#at = end + 1
      } else if (!this.#take(':')) throw beyond
    }
    const choices: string[] = []
    do choices.push(this.#sequence() || '""')
    while (this.#take('|'))
    if (!this.#take(')')) throw beyond
    if (isLook) this.looks = true
    return isLook ? '' : `(${choices.join(' | ')})`
  }

  #atom(): string {
    const char = this.#chars[this.#at] ?? ''
    this.#at += 1
    if (char === '(') return this.#group()
    if (char === '[') return classOf(this.#class())
    if (char === '.') return classOf(plain)
    if (char === '\\') {
      if (this.#take('b') || this.#take('B')) {
        this.looks = true
        return ''
      }
      const set = this.#escape()
      return typeof set === 'string' ? literalOf(set) : classOf(set)
    }
    if ('^*+?{'.includes(char)) throw beyond
    return literalOf(char)
  }

  #repeated(atom: string): string {
    const char = this.#chars[this.#at] ?? ''
    let times = ''
    if ('*+?'.includes(char) && char !== '') {
      times = char
      this.#at += 1
    } else if (char === '{') {
      const bounds = /^\{(\d+)(,(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 20).join(''))
      if (!bounds) throw beyond
      this.#at += bounds[0].length
      const most = Math.max(Number(bounds[1]), Number(bounds[3] ?? 0))
      if (most > limits.schema_count_max) throw beyond
      if (bounds[0] === '{0}' || bounds[0] === '{0,0}') return '""'
      times = bounds[0]
    }
    // Lazy or not, the same texts match.
    if (times !== '') this.#take('?')
    return times === '' || atom === '' ? atom : `(${atom})${times}`
  }

  /** A character, or a set of them, behind a backslash. */
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

function code(char: string): number {
  return char.codePointAt(0) ?? 0
}

/** All plain characters but these. */
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

/** A character as it stands in a JSON text. */
function literalOf(char: string): string {
  return quoted(JSON.stringify(char).slice(1, -1))
}

/** One of the characters of a set, as far as they are plain. */
function classOf(ranges: Ranges): string {
  const within = plain.flatMap(([low, high]) =>
    ranges
      .map(([from, to]) => [Math.max(low, from), Math.min(high, to)] as const)
      .filter(([from, to]) => from <= to),
  )
  if (within.length === 0) throw beyond
  const text = ([from, to]: readonly [number, number]) =>
    from === to ? classChar(from) : `${classChar(from)}-${classChar(to)}`
  return `[${within.map(text).join('')}]`
}

function classChar(point: number): string {
  const char = String.fromCodePoint(point)
  if (/^[A-Za-z0-9]$/.test(char)) return char
  const hex = point.toString(16).toUpperCase()
  if (point < 0x100) return `\\x${hex.padStart(2, '0')}`
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
