/** Puts hostile text in place of the words that a daemon's answers take from peers, models and people. */
import type { Page, Route } from 'playwright-core'
import { openapi } from '../../../host/api/openapi.ts'
import { Prng } from '../../harness/sim/random.ts'

/** The parts of a JSON Schema that tell where free text stands. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly $ref?: string
}

/** Fields by which the page finds things again; the daemon checks their form. */
const IDENTITY =
  /^(id|key|agent|peer|worker|poster|task|hash|cid|sha256|digest|epoch|code|state|kind|url|\w+_(id|key|hash|digest|code|state|at))$/
/** The items to which a list is filled up. */
const ITEMS = 24

const api = openapi() as {
  readonly paths: Readonly<
    Record<string, { post?: { responses: { 200: { content: Record<string, { schema: Schema }> } } } }>
  >
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Replaces free text in each answer of the daemon by the next of the strings. Returns how many were used. */
export async function poison(page: Page, strings: readonly string[]): Promise<() => number> {
  let used = 0
  const next = (): string => strings[used++ % strings.length] ?? ''
  await page.route('**/api/**', async (route: Route) => {
    const path = new URL(route.request().url()).pathname
    const schema = api.paths[path]?.post?.responses[200].content['application/json']?.schema
    if (schema === undefined || route.request().method() !== 'POST') return route.continue()
    const answer = await route.fetch().catch(() => null)
    if (answer === null) return route.abort().catch(() => {})
    const body: unknown = await answer.json().catch(() => null)
    await route.fulfill({ response: answer, json: spoil(body, schema, '', next) }).catch(() => {})
  })
  return () => used
}

function spoil(value: unknown, given: Schema, name: string, next: () => string): unknown {
  const schema = resolved(given, value)
  if (typeof value === 'string') return isFree(schema, name) ? next() : value
  if (Array.isArray(value)) {
    const filled =
      value.length === 0
        ? value
        : Array.from({ length: Math.max(ITEMS, value.length) }, (_one, at) => copy(value, at))
    return filled.map((one) => spoil(one, schema.items ?? {}, name, next))
  }
  if (typeof value !== 'object' || value === null) return value
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, spoil(one, schema.properties?.[key] ?? rest, key, next)]),
  )
}

/** Returns an item of a list; beyond its end a copy of one with another identity. */
function copy(list: readonly unknown[], at: number): unknown {
  const one = list[at % list.length]
  if (at < list.length || typeof one !== 'object' || one === null) return one
  const mark = String(at).padStart(4, '0')
  const identity = (key: string, value: unknown): boolean =>
    typeof value === 'string' && value.length > 7 && /^(id|agent|cid|sha256|hash)$/.test(key)
  return Object.fromEntries(
    Object.entries(one).map(([key, value]) => [
      key,
      identity(key, value) ? `${String(value).slice(0, -4)}${mark}` : value,
    ]),
  )
}

function isFree(schema: Schema, name: string): boolean {
  const { enum: among, const: only, pattern, format } = schema
  return (
    among === undefined &&
    only === undefined &&
    pattern === undefined &&
    format === undefined &&
    !IDENTITY.test(name)
  )
}

function resolved(schema: Schema, value: unknown): Schema {
  if (schema.$ref) return resolved(api.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, value)
  const forms = schema.anyOf ?? schema.oneOf
  if (forms === undefined) return schema
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const found = forms
    .map((form) => resolved(form, value))
    .filter(({ type }) => type === kind || type?.includes(kind))
  return found.find((form) => form.enum || form.const) ?? found[0] ?? {}
}

const PIECES: readonly string[] = [
  '<img src=x onerror="document.title=1/0">',
  '<script>window.hostile = true</script>',
  '<x-hostile>a</x-hostile>',
  '<svg onload="window.hostile = true"></svg>',
  '<iframe src="https://example.org/"></iframe>',
  '<style>* { display: none }</style>',
  '<a href="javascript:window.hostile = true">a link</a>',
  '[a link](javascript:window.hostile%20=%20true)',
  '![picture](https://example.org/picture.png)',
  '![picture](//example.org/picture.png "title")',
  '[link]: https://example.org/ "x"',
  '<https://example.org/>',
  'https://example.org/a?b=<c>&d="e"',
  '`code` ```\nnot closed',
  '| a | b |\n|---|---|\n| <b>c</b> | d |',
  '***_~~deep~~_***',
  '\u202eright to left\u202c',
  '\u2066isolated\u2069\u200f\u200e',
  'e\u0301\u0302\u0303\u0304'.repeat(20),
  '\u0000\u0001\u0007\u001b[31m\u007f\u009f',
  '\ufeff\u200b\u200c\u200d',
  '\ud800 half of a pair',
  'W'.repeat(300),
  '👩‍👩‍👧‍👦'.repeat(12),
  'שלום עולם ',
  '漢字かな交じり文',
  '\n\n\n\t\t',
  '&lt;b&gt;&amp;&#x3c;script&#x3e;',
  '{{constructor.constructor("window.hostile=true")()}}',
  '$\x7bwindow.hostile=true}',
  "'; window.hostile = true; //",
  '__proto__',
  'constructor',
  '# title\n\n- item\n  - item\n\n> quote',
]

/** Returns so many strings, the same for the same seed. Some have ten thousand characters. */
export function hostileStrings(count: number, seed: number): readonly string[] {
  const random = new Prng(seed)
  return Array.from({ length: count }, (_one, at) => {
    const pieces = Array.from({ length: random.int(1, 4) }, () => random.pick(PIECES))
    const text = pieces.join(random.pick(['', ' ', '\n', '-']))
    return at % 200 === 7 ? text.padEnd(10_000, text) : text
  })
}

/** Returns the elements of a page that were made of a hostile text, and whether one was executed. */
export function madeOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const made = document.querySelectorAll(
      'x-hostile, iframe, object, embed, body script, body style, [onerror], [onload], img:not([src^="data:"]):not([src^="blob:"]), a[href^="javascript:" i], a[href^="data:" i]',
    )
    const ran = 'hostile' in window ? ['a text was executed'] : []
    return [...ran, ...[...made].map((one) => one.outerHTML.slice(0, 160))]
  })
}
