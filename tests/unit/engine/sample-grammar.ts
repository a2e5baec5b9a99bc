type Term =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'set'; readonly chars: readonly string[] }
  | { readonly type: 'rule'; readonly name: string }
  | { readonly type: 'group'; readonly body: Body }
  | { readonly type: 'times'; readonly term: Term; readonly min: number; readonly max: number }
type Body = readonly (readonly Term[])[]

/** Most that something is repeated which has no bound. */
const REPEAT_MAX = 3

/** Characters for a set that names those it has not: of one, two and four bytes. */
const others = ['a', '7', ' ', 'é', '😀', '/']

/**
 * Makes texts of a grammar in llama.cpp's notation, as far as ours go. `pick` gives a whole number from 0 to `below`, exclusive; once
 * a text is long the first of several ways without a rule that repeats is taken, so that it ends.
 */
export function sampler(grammar: string): (pick: (below: number) => number) => string {
  const rules = new Map(
    grammar.split('\n').map((line) => {
      const [name = '', body = ''] = line.split(/ ::= (.*)/s)
      return [name, new Parser(body).body()] as const
    }),
  )
  return (pick) => {
    let steps = 0
    const ofBody = (body: Body): string => {
      steps += 1
      const short = steps > 400 ? [...body].sort((a, b) => weight(a) - weight(b)) : body
      const terms = steps > 400 ? short[0] : body[pick(body.length)]
      return (terms ?? []).map(ofTerm).join('')
    }
    const ofTerm = (term: Term): string => {
      switch (term.type) {
        case 'text':
          return term.text
        case 'set':
          return term.chars[pick(term.chars.length)] ?? ''
        case 'rule':
          return ofBody(rules.get(term.name) ?? [])
        case 'group':
          return ofBody(term.body)
        case 'times': {
          const most = Math.min(term.max, term.min + REPEAT_MAX)
          const count = steps > 400 ? term.min : term.min + pick(most - term.min + 1)
          return Array.from({ length: count }, () => ofTerm(term.term)).join('')
        }
      }
    }
    return ofBody([[{ type: 'rule', name: 'root' }]])
  }
}

function weight(terms: readonly Term[]): number {
  return terms.filter(({ type }) => type === 'rule' || type === 'group').length
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  body(): Body {
    const ways: Term[][] = [[]]
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || char === ')') return ways
      this.#at += 1
      if (char === '|') ways.push([])
      else if (char !== ' ') ways.at(-1)?.push(this.#times(this.#term(char)))
    }
  }

  #term(char: string): Term {
    if (char === '(') {
      const body = this.body()
      this.#at += 1
      return { type: 'group', body }
    }
    if (char === '"') return { type: 'text', text: this.#until('"').join('') }
    if (char === '[') return { type: 'set', chars: setOf(this.#until(']')) }
    const name = /^[a-z0-9]+/.exec(this.#text.slice(this.#at - 1))?.[0] ?? ''
    if (name === '') throw new RangeError(`unreadable: ${this.#text.slice(this.#at - 1)}`)
    this.#at += name.length - 1
    return { type: 'rule', name }
  }

  #until(end: string): string[] {
    const chars: string[] = []
    while (this.#text[this.#at] !== end) {
      const [all, one = ''] = /^(?:\\(x[0-9A-F]{2}|.)|[^\\])/su.exec(this.#text.slice(this.#at)) ?? ['']
      this.#at += all.length
      if (one === '') chars.push(all)
      else if (one.startsWith('x')) chars.push(String.fromCharCode(Number.parseInt(one.slice(1), 16)))
      else chars.push(one === 'n' ? '\n' : one === 't' ? '\t' : one)
    }
    this.#at += 1
    return chars
  }

  #times(term: Term): Term {
    const found = /^(\*|\?|\{(\d+)(,?)(\d*)\})/.exec(this.#text.slice(this.#at))
    if (!found) return term
    this.#at += found[0].length
    if (found[0] === '*') return { type: 'times', term, min: 0, max: Infinity }
    if (found[0] === '?') return { type: 'times', term, min: 0, max: 1 }
    const min = Number(found[2])
    const max = found[3] === '' ? min : found[4] === '' ? Infinity : Number(found[4])
    return { type: 'times', term, min, max }
  }
}

function setOf(chars: readonly string[]): string[] {
  if (chars[0] === '^') return others
  const text = chars.join('')
  const ranges = [...text.matchAll(/(.)-(.)/g)].flatMap(([, from = '', to = '']) =>
    Array.from({ length: to.charCodeAt(0) - from.charCodeAt(0) + 1 }, (_one, i) =>
      String.fromCharCode(from.charCodeAt(0) + i),
    ),
  )
  return [...ranges, ...text.replaceAll(/.-./g, '')]
}
