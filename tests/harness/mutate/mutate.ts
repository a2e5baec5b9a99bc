/** Mutates requests: their JSON, bytes, path and headers, and the way they are sent. */
import { limits } from '../../../host/limits.ts'
import type { Prng } from '../sim/random.ts'
import type { Call } from './calls.ts'
import { mutatedJson } from './mutate-json.ts'

/** A request as it goes over a connection. */
export interface Wire {
  readonly method: string
  /** Written one after the other, with a pause between. */
  readonly pieces: readonly Buffer[]
  /** How the client goes: it stays until the answer, ends its half after the last byte, or breaks the connection. */
  readonly leaves: 'stays' | 'ends' | 'breaks'
  /** Milliseconds after which the client leaves an answer that takes as long as its work; null for one that may not. */
  readonly patience_ms: number | null
  /** The names of its mutations. */
  readonly how: readonly string[]
}

/** The place and the key of a daemon. */
export interface Target {
  readonly port: number
  readonly token: string
}

/** A request that can still be changed. */
interface Draft {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: Buffer
  leaves: Wire['leaves']
  isChunked: boolean
  pieces: number
}

/** How long clients stay: most of them leave before a task could be done, and some see its end. */
const patience = [300, 300, 300, 300, 3_000]

type Mutation = readonly [name: string, change: (draft: Draft, random: Prng) => void]

/** Mutates a request once to three times. */
export function mutate(call: Call, { port, token }: Target, random: Prng): Wire {
  const how: string[] = []
  const { body } = call
  const isTree = body !== undefined && random.chance(0.7)
  const text = body === undefined ? '' : isTree ? mutatedJson(body, random, how) : JSON.stringify(body)
  const draft: Draft = {
    ...{ method: call.method, path: call.path, body: Buffer.from(text), leaves: 'stays' },
    ...{ isChunked: false, pieces: 1 },
    headers: [
      ['host', `127.0.0.1:${port}`],
      ['authorization', `Bearer ${token}`],
      ...(body === undefined ? [] : [['content-type', 'application/json'] as [string, string]]),
      ...Object.entries(call.headers),
      ...(call.path.startsWith('/ws/') ? upgrade : []),
    ],
  }
  for (let left = isTree ? random.int(0, 1) : random.int(1, 2); left > 0; left -= 1) {
    const [name, change] = random.pick(random.pick([paths, headers, bytes, sendings]))
    change(draft, random)
    how.push(name)
  }
  const patience_ms = call.waits ? random.pick(patience) : null
  return { ...write(draft), method: draft.method, leaves: draft.leaves, patience_ms, how }
}

const upgrade: [string, string][] = [
  ...[['connection', 'Upgrade'] as [string, string], ['upgrade', 'websocket'] as [string, string]],
  ...[['sec-websocket-version', '13'] as [string, string]],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

const methods = 'GET POST PUT PATCH DELETE OPTIONS HEAD TRACE CONNECT QUERY FOO post'.split(' ')

const paths: readonly Mutation[] = [
  [
    'a method',
    (draft, random) => {
      draft.method = random.pick(methods)
    },
  ],
  [
    'an end of the path',
    (draft, random) => {
      draft.path += random.pick([
        '/',
        '//',
        '/..',
        '%00',
        '%2e%2e%2f',
        '%zz',
        '%ff',
        ';a=b',
        '?',
        '#a',
        '/é',
        '%',
        '\t',
        `/${'a'.repeat(9_000)}`,
      ])
    },
  ],
  [
    'a query',
    (draft, random) => {
      const query = random.pick([
        'a=1',
        'kinds=',
        'kinds=nothing',
        'after=%00',
        'read-only=1&read-only=2',
        '__proto__=1',
        'a[b]=1',
        `a=${'b'.repeat(4_000)}`,
        '&&&',
        '=%',
      ])
      draft.path += `${draft.path.includes('?') ? '&' : '?'}${query}`
    },
  ],
  [
    'a cut path',
    (draft, random) => {
      draft.path = draft.path.slice(0, random.int(0, draft.path.length)) || '*'
    },
  ],
  [
    'a turned path',
    (draft, random) => {
      const at = random.int(0, draft.path.length - 1)
      draft.path = `${draft.path.slice(0, at)}${random.pick(['/', '%2F', '~', 'Z', ':', '*'])}${draft.path.slice(at + 1)}`
    },
  ],
]

/** Headers that doors read, and values that some of them do not expect. */
const names = `
  content-type content-encoding accept accept-encoding authorization x-api-key api-key host origin expect
  upgrade connection x-ripple-key x-ripple-trace x-ripple-target x-ripple-exclude x-ripple-data-class
  mcp-protocol-version mcp-method mcp-name mcp-session-id a2a-version a2a-extensions last-event-id
  traceparent sec-websocket-key sec-websocket-version anthropic-version anthropic-beta range
  if-none-match cookie
`
  .trim()
  .split(/\s+/)
const values = [
  ...[
    '',
    ' ',
    'a, b',
    'x'.repeat(200),
    'x'.repeat(3_000),
    '\u00ff\u00fe',
    '=?base64?QQ==?=',
    'multipart/form-data',
  ],
  ...['application/json; charset=utf-16', 'text/event-stream;q=0', 'Bearer x y', 'Basic YTpi', 'close, x'],
  ...'* " text/plain application/json gzip Bearer null https://example.com 127.0.0.1 100-continue'.split(' '),
  ...'websocket Upgrade 2026-07-28 2025-06-18 0.3 9.9 public secret -1'.split(' '),
]

const headers: readonly Mutation[] = [
  ['a header', (draft, random) => setHeader(draft, random.pick(names), random.pick(values))],
  ['a header', (draft, random) => setHeader(draft, random.pick(names), random.pick(values))],
  [
    'a further header',
    (draft, random) => {
      draft.headers.push([random.pick(names), random.pick(values)])
    },
  ],
  [
    'one header less',
    (draft, random) => {
      draft.headers.splice(random.int(0, draft.headers.length - 1), 1)
    },
  ],
  [
    'many headers',
    (draft, random) => {
      for (let at = random.pick([50, 200]); at > 0; at -= 1) draft.headers.push([`x-${at}`, 'y'])
    },
  ],
  [
    'a large header',
    (draft, random) => {
      draft.headers.push(['x-large', 'y'.repeat(random.pick([15_000, 40_000]))])
    },
  ],
  [
    'a broken header',
    (draft, random) => {
      draft.headers.push([
        random.pick(['a b', '', 'é', ':', 'a\u0000']),
        random.pick(['b', 'b\rc', 'b\u0000']),
      ])
    },
  ],
]

function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = [...draft.headers.filter(([one]) => one !== name), [name, value]]
}

const bytes: readonly Mutation[] = [
  [
    'a cut body',
    (draft, random) => {
      draft.body = draft.body.subarray(0, random.int(0, draft.body.length))
    },
  ],
  [
    'a flipped byte',
    (draft, random) => {
      const at = random.int(0, Math.max(0, draft.body.length - 1))
      if (at < draft.body.length) draft.body[at] = random.int(0, 255)
    },
  ],
  [
    'bytes that are not UTF-8',
    (draft, random) => {
      const at = random.int(0, draft.body.length)
      draft.body = Buffer.concat([
        draft.body.subarray(0, at),
        Buffer.from([0xc3, 0x28, 0xff]),
        draft.body.subarray(at),
      ])
    },
  ],
  [
    'another body',
    (draft, random) => {
      draft.body = Buffer.from(
        random.pick([
          '',
          ' ',
          '{}',
          '[]',
          'null',
          '0',
          '""',
          '\ufeff{}',
          '{}{}',
          'a=b',
          '<a/>',
          '[{}]',
          '"\\ud800"',
        ]),
      )
    },
  ],
  [
    'UTF-16',
    (draft) => {
      draft.body = Buffer.from(draft.body.toString(), 'utf16le')
    },
  ],
  [
    'a large body',
    (draft, random) => {
      const length = random.chance(0.05)
        ? limits.body_bytes_max + random.int(-1, 1)
        : random.int(10_000, 200_000)
      draft.body = Buffer.concat([draft.body, Buffer.alloc(Math.max(0, length - draft.body.length), ' ')])
    },
  ],
]

const sendings: readonly Mutation[] = [
  [
    'chunks',
    (draft) => {
      draft.isChunked = true
    },
  ],
  [
    'broken chunks',
    (draft, random) => {
      draft.isChunked = true
      setHeader(
        draft,
        'transfer-encoding',
        random.pick(['chunked, chunked', 'gzip', 'identity', 'chunked;a']),
      )
    },
  ],
  [
    'a wrong length',
    (draft, random) => {
      setHeader(
        draft,
        'content-length',
        random.pick(['0', '-1', '1', 'a', '99999999999999999999', `${draft.body.length + 10}`]),
      )
      draft.leaves = 'ends'
    },
  ],
  [
    'pieces',
    (draft, random) => {
      draft.pieces = random.int(2, 3)
    },
  ],
  [
    'an end after the request',
    (draft) => {
      draft.leaves = 'ends'
    },
  ],
  [
    'a broken connection',
    (draft) => {
      draft.leaves = 'breaks'
    },
  ],
]

/** Writes a request as bytes, in pieces. */
function write({ method, path, headers: given, body, isChunked, pieces }: Draft): Pick<Wire, 'pieces'> {
  const has = (name: string): boolean => given.some(([one]) => one.toLowerCase() === name)
  const length = isChunked ? ['transfer-encoding', 'chunked'] : ['content-length', String(body.length)]
  const needsLength = (body.length > 0 || method === 'POST') && !has(length[0] ?? '')
  const all = [
    ...given,
    ...(needsLength ? [length] : []),
    ...(has('connection') ? [] : [['connection', 'close']]),
  ]
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  const sent = isChunked
    ? [
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from(body.length > 0 ? '\r\n0\r\n\r\n' : '\r\n'),
      ]
    : [body]
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), ...sent])
  const size = Math.ceil(whole.length / pieces)
  return { pieces: Array.from({ length: pieces }, (_, at) => whole.subarray(at * size, (at + 1) * size)) }
}
