import fc from 'fast-check'
import { Fragment, type VNode } from 'preact'
import { expect, test } from 'vitest'
import { tokensOf } from '../../../../../../host/ui/views/ask/markdown/read-tokens.ts'
import { blocksOf } from '../../../../../../host/ui/views/ask/markdown/tokens.tsx'

/** Milliseconds that even a busy machine stays below; without bounds these texts take many times as long. */
const SLOW_MS = 5_000

/** An element as a browser would get it. */
interface Shown {
  readonly type: string
  readonly props: Readonly<Record<string, unknown>>
}

/** Lists the elements of a tree, and its text. Components are called, but for the button that copies. */
function shown(node: unknown, all: Shown[] = []): { all: Shown[]; text: string } {
  if (node === null || node === undefined || typeof node === 'boolean') return { all, text: '' }
  if (Array.isArray(node)) return { all, text: node.map((one) => shown(one, all).text).join('') }
  if (typeof node !== 'object') return { all, text: String(node) }
  const { type, props } = node as VNode<{ children?: unknown }>
  if (typeof type === 'string') all.push({ type, props: props as Shown['props'] })
  else if (type !== Fragment) {
    if ((type as { name: string }).name === 'Copy') return { all, text: '' }
    return shown((type as (given: unknown) => unknown)(props), all)
  }
  return shown(props.children, all)
}

const rendered = (text: string) => shown(blocksOf(tokensOf(text) ?? [], 0))

test.each([
  ['**a** *b* ~~c~~ `d<e`', ['p', 'strong', 'em', 'del', 'code'], 'a b c d<e'],
  ['# a\n\n## b', ['h3', 'h4'], 'ab'],
  ['- a\n- [x] b', ['ul', 'li', 'li'], 'a☑ b'],
  ['3. a', ['ol', 'li'], 'a'],
  ['> a', ['blockquote', 'p'], 'a'],
  ['```js\nlet a\n```', ['figure', 'figcaption', 'span', 'pre', 'code'], 'Code in jslet a'],
  ['|a|\n|-|\n|b|', ['section', 'table', 'thead', 'tr', 'th', 'tbody', 'tr', 'td'], 'ab'],
  ['a &lt;b&gt; &amp;amp;', ['p'], 'a <b> &amp;'],
  ['<b onclick="x()">a</b>', ['p'], '<b onclick="x()">a</b>'],
  ['<div>\na\n</div>', ['p'], '<div>\na\n</div>'],
  ['![a](https://x.y/z.png)', ['p'], 'a'],
  ['[a](https://x.y)', ['p', 'a'], 'a (https://x.y)'],
  ['[a](javascript:b)', ['p'], 'a (javascript:b)'],
  ['[a](data:text/html,b)', ['p'], 'a (data:text/html,b)'],
  ['https://x.y', ['p', 'a'], 'https://x.y'],
])('%j is shown as %j', (text, types, words) => {
  const { all, text: said } = rendered(text)
  expect(all.map(({ type }) => type)).toEqual(types)
  expect(said).toBe(words)
})

const allowed = new Set(
  'p h3 h4 h5 h6 hr blockquote ul ol li table thead tbody tr th td section strong em del code pre br a figure figcaption span'.split(
    ' ',
  ),
)
const props = new Set([
  'children',
  'dir',
  'class',
  'tabIndex',
  'aria-label',
  'scope',
  'start',
  'href',
  'target',
  'rel',
])

const markup = fc.constantFrom(
  ...[
    '<',
    '>',
    '"',
    "'",
    '&',
    '[',
    ']',
    '(',
    ')',
    '!',
    '`',
    '*',
    '_',
    '~',
    '|',
    '-',
    '#',
    ':',
    '/',
    '\\',
    '\n',
  ],
  ...[
    '<script>',
    '<img src=x onerror=y>',
    'javascript:',
    'data:',
    '![a](',
    '](',
    'https://',
    '```',
    '\u202e',
    '- ',
  ],
)
const hostile = fc.array(fc.oneof(markup, fc.string({ maxLength: 5 })), { maxLength: 40 })

test('2,000 hostile texts become allowed elements alone, and open no address but the web and mail', () => {
  fc.assert(
    fc.property(hostile, (parts) => {
      for (const { type, props: given } of rendered(parts.join('')).all) {
        expect(allowed).toContain(type)
        for (const name of Object.keys(given)) expect(props).toContain(name)
        if (type === 'a') expect(String(given.href)).toMatch(/^(https?|mailto):/i)
      }
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['quotes', '>'.repeat(10_000)],
  ['lists', '- '.repeat(3_000)],
  ['marks', '*a_'.repeat(30_000)],
  ['marks between words', '*a _b ~c '.repeat(11_000)],
  ['runs', `${'!'.repeat(390)} `.repeat(250)],
  ['brackets', '[![('.repeat(10_000)],
  ['cells', `|a${'|a'.repeat(5_000)}\n|-${'|-'.repeat(5_000)}`],
])('%s without end are laid out, or shown as they are, in bounded time', (_what, text) => {
  const from = performance.now()
  const tokens = tokensOf(text)
  if (tokens !== null) shown(blocksOf(tokens, 0))
  expect(performance.now() - from).toBeLessThan(SLOW_MS)
})
