// Draws texts that a grammar of ours, in llama.cpp's notation, allows.

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'class'
      readonly ranges: readonly (readonly [number, number])[]
      readonly negated: boolean
    }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly choices: readonly Node[] }
  | { readonly kind: 'times'; readonly of: Node; readonly min: number; readonly max: number }

/** Most repetitions beyond the least that are drawn of what has no bound, or a wide one. */
const MORE_MAX = 4
/** Rules within rules, and rules in all, beyond which the shortest way out is taken. */
const DEPTH_MAX = 12
const RULES_MAX = 400

/** Characters for a set that names those it has not: of one, two and four bytes. */
const others = ['a', '7', ' ', 'é', '😀', '/']

type Pick = (below: number) => number

/** Makes texts of a grammar. `pick` gives a whole number from 0 to `below`, exclusive; deep in, the shortest way out is taken. */
export function sampler(grammar: string): (pick: Pick) => string {
  const rules = new Map(
    grammar.split('\n').map((line) => {
      const [, name = '', body = ''] = /^([\w-]+) ::= (.*)$/.exec(line) ?? []
      return [name, new Parser(body).whole()] as const
    }),
  )
  const depths = depthsOf(rules)
  const depthOf = (node: Node): number => depthIn(node, depths)
  let count = 0
  const draw = (node: Node, depth: number, pick: Pick): string => {
    const isLong = depth > DEPTH_MAX || count > RULES_MAX
    switch (node.kind) {
      case 'text':
        return node.text
      case 'class':
        return drawChar(node, pick)
      case 'rule':
        count += 1
        return draw(ruleOf(rules, node.name), depth + 1, pick)
      case 'sequence':
        return node.parts.map((part) => draw(part, depth, pick)).join('')
      case 'either': {
        const least = Math.min(...node.choices.map(depthOf))
        const among = isLong ? node.choices.filter((choice) => depthOf(choice) === least) : node.choices
        return draw(among[pick(among.length)] ?? { kind: 'text', text: '' }, depth, pick)
      }
      case 'times': {
        const more = isLong ? 0 : Math.min(MORE_MAX, node.max - node.min)
        const times = node.min + pick(more + 1)
        return Array.from({ length: times }, () => draw(node.of, depth, pick)).join('')
      }
    }
  }
  return (pick) => {
    count = 0
    return draw(ruleOf(rules, 'root'), 0, pick)
  }
}

function ruleOf(rules: ReadonlyMap<string, Node>, name: string): Node {
  const rule = rules.get(name)
  if (rule === undefined) throw new TypeError(`no rule is called ${name}`)
  return rule
}

/** How many rules within rules each takes at least. */
function depthsOf(rules: ReadonlyMap<string, Node>): Map<string, number> {
  const depths = new Map([...rules.keys()].map((name) => [name, Number.POSITIVE_INFINITY]))
  for (let isStable = false; !isStable; ) {
    isStable = true
    for (const [name, node] of rules) {
      const depth = depthIn(node, depths) + 1
      if (depth < (depths.get(name) ?? 0)) {
        depths.set(name, depth)
        isStable = false
      }
    }
  }
  return depths
}

function depthIn(node: Node, depths: ReadonlyMap<string, number>): number {
  switch (node.kind) {
    case 'rule':
      return depths.get(node.name) ?? Number.POSITIVE_INFINITY
    case 'sequence':
      return Math.max(0, ...node.parts.map((part) => depthIn(part, depths)))
    case 'either':
      return Math.min(...node.choices.map((choice) => depthIn(choice, depths)))
    case 'times':
      return node.min === 0 ? 0 : depthIn(node.of, depths)
    default:
      return 0
  }
}

function drawChar({ ranges, negated }: Extract<Node, { kind: 'class' }>, pick: Pick): string {
  if (negated) return others[pick(others.length)] ?? ''
  const [from, to] = ranges[pick(ranges.length)] ?? [97, 97]
  return String.fromCodePoint(from + pick(Math.min(to - from, 94) + 1))
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Node {
    const node = this.#either()
    if (this.#at < this.#text.length)
      throw new TypeError(`not read: ${this.#text.slice(this.#at, this.#at + 40)}`)
    return node
  }

  #either(): Node {
    const choices = [this.#sequence()]
    while (this.#take('|')) choices.push(this.#sequence())
    return choices.length === 1 ? (choices[0] as Node) : { kind: 'either', choices }
  }

  #take(char: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1
  }

  #sequence(): Node {
    const parts: Node[] = []
    for (;;) {
      this.#space()
      const char = this.#text[this.#at]
      if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', parts }
      parts.push(this.#times(this.#atom(char)))
    }
  }

  #times(of: Node): Node {
    const rest = this.#text.slice(this.#at)
    const [found, , min = '', comma, max = ''] = /^(\{(\d+)(,)?(\d+)?\}|[*+?])/.exec(rest) ?? ['']
    this.#at += found.length
    if (found === '') return of
    if (found === '*') return { kind: 'times', of, min: 0, max: Number.POSITIVE_INFINITY }
    if (found === '+') return { kind: 'times', of, min: 1, max: Number.POSITIVE_INFINITY }
    if (found === '?') return { kind: 'times', of, min: 0, max: 1 }
    const most = comma === undefined ? Number(min) : max === '' ? Number.POSITIVE_INFINITY : Number(max)
    return { kind: 'times', of, min: Number(min), max: most }
  }

  #atom(char: string): Node {
    this.#at += 1
    if (char === '(') {
      const node = this.#either()
      if (!this.#take(')')) throw new TypeError('a group without end')
      return node
    }
    if (char === '"') {
      let text = ''
      while (this.#text[this.#at] !== '"') text += this.#char()
      this.#at += 1
      return { kind: 'text', text }
    }
    if (char === '[') return this.#class()
    const [name = ''] = /^[\w-]+/.exec(this.#text.slice(this.#at - 1)) ?? []
    if (name === '')
      throw new TypeError(`neither rule nor text: ${this.#text.slice(this.#at - 1, this.#at + 40)}`)
    this.#at += name.length - 1
    return { kind: 'rule', name }
  }

  #class(): Node {
    const negated = this.#text[this.#at] === '^'
    if (negated) this.#at += 1
    const ranges: (readonly [number, number])[] = []
    while (this.#text[this.#at] !== ']') {
      const from = this.#char().codePointAt(0) ?? 0
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']'
      if (isRange) this.#at += 1
      ranges.push([from, isRange ? (this.#char().codePointAt(0) ?? 0) : from])
    }
    this.#at += 1
    return { kind: 'class', ranges, negated }
  }

  #char(): string {
    const point = this.#text.codePointAt(this.#at)
    if (point === undefined) throw new TypeError('a text without end')
    const char = String.fromCodePoint(point)
    this.#at += char.length
    if (char !== '\\') return char
    const letter = this.#text[this.#at] ?? ''
    this.#at += 1
    const digits = { x: 2, u: 4, U: 8 }[letter]
    if (digits === undefined) return { n: '\n', r: '\r', t: '\t' }[letter] ?? letter
    this.#at += digits
    return String.fromCodePoint(Number.parseInt(this.#text.slice(this.#at - digits, this.#at), 16))
  }
}
