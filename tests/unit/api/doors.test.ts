/** Tests how clients of all kinds reach the API: by raw sockets, from other hosts and origins, at known and unknown paths. */
import { type AddressInfo, connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildApi } from '../../../host/api/server.ts'
import { forever } from '../../harness/forever.ts'
import { StandInInference } from './openai-stand-in.ts'
import { openaiKey, token } from './stub-api.ts'
import { stubContext } from './stub-context.ts'

/** Other hosts and origins that a test's API lets in. */
const doors = { hosts: ['host.docker.internal', 'ripple.lan:8080'], origins: ['app://obsidian.md'] }

/** An API that listens, with or without other doors. */
async function listening(given?: typeof doors) {
  let port = 0
  const inference = new StandInInference()
  const app = buildApi({
    context: stubContext({ inference }),
    ...{ token, openaiKey, emit: () => {}, signal: forever, port: () => port },
    ...(given ? { doors: given } : {}),
  })
  onTestFinished(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
  return { port, inference }
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly error: Record<string, unknown>
}

/** Sends bytes as they are and reads all that comes back. */
function send(port: number, ...parts: readonly (string | Buffer)[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const got: Buffer[] = []
    socket.on('data', (piece: Buffer) => got.push(piece)).on('error', reject)
    socket.on('close', () => resolve(readReply(Buffer.concat(got).toString())))
    for (const part of parts) socket.write(part)
  })
}

function readReply(all: string): Reply {
  // An interim answer, such as that to `Expect`, precedes the real one.
  const whole = all.replace(/^HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n/, '')
  const [head = '', ...body] = whole.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':')[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const text = body.join('\r\n\r\n')
  const parsed = /^\{/.test(text) ? JSON.parse(text) : {}
  return { status: Number(first.split(' ')[1]), headers, text, error: parsed.error ?? {} }
}

interface Asked {
  readonly method?: string
  readonly host?: string
  readonly auth?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Sends a request whose every header is as it is given here. */
function ask(port: number, path: string, asked: Asked = {}): Promise<Reply> {
  const { method = 'GET', host = `127.0.0.1:${port}`, auth = `Bearer ${openaiKey}`, headers = {} } = asked
  const body = Buffer.from(asked.body ?? '')
  const all = {
    host,
    connection: 'close',
    ...(auth === null ? {} : { authorization: auth }),
    ...(asked.body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': `${body.length}` }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return send(port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, body)
}

const chat = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
/** The form of every error under `/v1`, as OpenAI's clients read it. */
const openaiForm = {
  message: expect.any(String),
  type: expect.any(String),
  param: null,
  code: expect.any(String),
  ripple_code: expect.stringMatching(/^RIPPLE_/),
  hint: expect.any(String),
  facts: expect.any(Object),
}
/** The form of every other error. */
const ownForm = {
  code: expect.stringMatching(/^RIPPLE_/),
  message: expect.any(String),
  hint: expect.any(String),
  facts: expect.any(Object),
}

describe('a HEAD request', () => {
  it.each(['/v1/models', '/v1/models/SmolLM2-135M-Instruct', '/healthz', '/', '/api/events'])(
    'a HEAD request for %s is answered as GET is, without a body',
    async (path) => {
      const { port } = await listening()
      const auth = `Bearer ${token}`
      const { status, text } = await ask(port, path, { method: 'HEAD', auth })
      expect([status, text]).toEqual([200, ''])
    },
  )

  it('a HEAD request without the key is refused as GET is', async () => {
    const { port } = await listening()
    expect((await ask(port, '/v1/models', { method: 'HEAD', auth: null })).status).toBe(401)
  })
})

describe('a path', () => {
  it.each(['//v1/models', '/v1//models', '/v1/models/', '/v1/models?limit=20', '///v1///models//?a=//'])(
    'the path %s is served as /v1/models is',
    async (path) => {
      const { port } = await listening()
      const { status, text } = await ask(port, path)
      expect([status, JSON.parse(text).object]).toEqual([200, 'list'])
    },
  )

  it('a path with a trailing slash takes a chat', async () => {
    const { port } = await listening()
    const { status } = await ask(port, '//v1/chat/completions/', { method: 'POST', body: chat })
    expect(status).toBe(200)
  })

  it('a path under /v1 accepts its key with any slashes, and no other path does', async () => {
    const { port } = await listening()
    for (const path of ['//api/status', '/api//status', '/v1/../api/status', '/api/status/'])
      expect((await ask(port, path, { method: 'POST', body: '{}' })).status).not.toBe(200)
    const codes = ['//api/status', '/api/status/'].map(async (path) => {
      const { status, error } = await ask(port, path, { method: 'POST', body: '{}' })
      return [status, error.code]
    })
    expect(await Promise.all(codes)).toEqual(Array(2).fill([403, 'RIPPLE_SCOPE_REFUSED']))
  })

  it.each(['/v1', '/v1/', '/V1/models', '/v1/nothing?x=1', '/nowhere', '/v1%2Fmodels'])(
    "the path %s is not found, and the error names it to the key's holder",
    async (path) => {
      const { port } = await listening()
      const { status, error } = await ask(port, path)
      expect(status).toBe(404)
      expect(error.message).toContain(path.replace(/\?.*/, '').replace(/\/$/, ''))
    },
  )

  it('a very long path is not found, in the error form of its API', async () => {
    const { port } = await listening()
    const long = 'x'.repeat(2_000)
    const auth = `Bearer ${token}`
    const found = await Promise.all(
      [`/v1/models/${long}`, `/v1/${long}`, `/${long}`].map(async (path) => {
        const { status, error } = await ask(port, path, { auth })
        return [status, error]
      }),
    )
    expect(found).toEqual([
      [404, { ...openaiForm, param: 'model' }],
      [404, openaiForm],
      [404, ownForm],
    ])
  })

  it.each([
    ['GET', '/v1/responses/resp_1/input_items'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/v1/audio/speech'],
    ['POST', '/v1/images/generations'],
    ['POST', '/v1/moderations'],
    ['GET', '/v1/files'],
    ['POST', '/v1/assistants'],
    ['GET', '/v1/realtime'],
  ])('%s %s, which does not exist, tells the client to use chat completions', async (method, path) => {
    const { port } = await listening()
    const body = method === 'POST' ? { body: '{"model":"m","input":"x"}' } : {}
    const { status, error } = await ask(port, path, { method, ...body })
    expect([status, error]).toEqual([404, { ...openaiForm, ripple_code: 'RIPPLE_ROUTE_UNKNOWN' }])
    expect(error.message).toContain('set your client to chat completions')
    expect(error.message).toContain(`${method} ${path}`)
  })

  it('an unknown path refuses a multipart request before it reads the body', async () => {
    const { port } = await listening()
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const given = { method: 'POST', headers, body: '--x--' }
    const { status, error } = await ask(port, '/v1/audio/transcriptions', given)
    expect([status, error.message]).toEqual([404, expect.stringContaining('chat completions')])
  })

  it.each(['/v1/messages', '/v1/models'])("%s takes the key as Anthropic's clients send it", async (path) => {
    const { port } = await listening()
    const { status } = await ask(port, path, { auth: null, headers: { 'x-api-key': openaiKey } })
    expect(status).toBe(path === '/v1/models' ? 200 : 405)
    const { status: wrong } = await ask(port, path, { auth: null, headers: { 'x-api-key': 'no' } })
    expect(wrong).toBe(401)
  })

  it.each([
    ['POST', '/api/chat'],
    ['POST', '/api/generate'],
    ['GET', '/api/tags'],
    ['GET', '/api/version'],
    ['POST', '/chat/completions'],
    ['GET', '/models'],
    ['GET', '/api/v1/models'],
  ])('%s %s of another API says which base URL to set, also without a key', async (method, path) => {
    const { port } = await listening()
    const body = method === 'POST' ? { body: '{}' } : {}
    const { status, error } = await ask(port, path, { method, auth: null, ...body })
    expect([status, error]).toEqual([404, { ...ownForm, code: 'RIPPLE_ROUTE_UNKNOWN' }])
    expect(error.hint).toMatch(/set your client to chat completions.*base URL that ends in \/v1/)
  })

  it.each([
    ['GET', '/v1/chat/completions', 'POST', openaiForm],
    ['PUT', '/v1/models', 'GET, HEAD', openaiForm],
    ['DELETE', '/v1/models/SmolLM2-135M-Instruct', 'GET, HEAD', openaiForm],
    ['GET', '/api/status', 'POST', ownForm],
    ['PROPFIND', '/v1/models', 'GET, HEAD', openaiForm],
  ])('a method that a path does not take (%s %s) is refused with the allowed ones', async (...row) => {
    const [method, path, allow, form] = row
    const { port } = await listening()
    const { status, headers, error } = await ask(port, path, { method, auth: `Bearer ${token}` })
    expect([status, headers.allow, error]).toEqual([405, allow, form])
  })
})

describe('a wrong base URL', () => {
  it.each([
    ['/v1/v1/models', '/v1/models'],
    ['/v1/v1/chat/completions', '/v1/chat/completions'],
    ['/models', '/v1/models'],
    ['/chat/completions', '/v1/chat/completions'],
    ['/api/v1/models', '/v1/models'],
  ])('a wrong base URL that leads to %s gets a hint with %s', async (path, right) => {
    const { port } = await listening()
    const { status, error } = await ask(port, path)
    expect([status, error.hint]).toEqual([404, expect.stringMatching(` ${right}$`)])
    if (path.startsWith('/v1/v1')) expect(error.hint).toContain('both have /v1')
  })

  it.each(['/health', '/healthz'])('a wrong base URL still finds the daemon alive at %s', async (path) => {
    const { port } = await listening()
    const { status, text } = await ask(port, path, { auth: `Bearer ${token}` })
    expect([status, text]).toEqual([200, '{"ok":true}'])
  })
})

describe('the header with the key', () => {
  it.each(['Bearer  KEY', 'bearer KEY', 'BEARER\tKEY', 'Bearer \t KEY', 'Bearer KEY  '])(
    'the authorization header "%s" is accepted',
    async (form) => {
      const { port } = await listening()
      const auth = form.replace('KEY', openaiKey)
      expect((await ask(port, '/v1/models', { auth })).status).toBe(200)
    },
  )

  it.each(['KEY', 'BearerKEY', 'Basic KEY', 'Bearer KEY KEY', 'Bearer', 'Token KEY'])(
    'the authorization header "%s" is refused',
    async (form) => {
      const { port } = await listening()
      const auth = form.replaceAll('KEY', openaiKey)
      const { status, headers } = await ask(port, '/v1/models', { auth })
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer'])
    },
  )
})

describe('the header of the host', () => {
  const other = 'host.docker.internal:4747'

  it('another host is refused until a setting names it, and the error says which', async () => {
    const { port } = await listening()
    const { status, error } = await ask(port, '/v1/models', { host: other })
    expect([status, error.message]).toEqual([403, expect.stringContaining('api.hosts')])
  })

  it.each([other, 'HOST.docker.internal', 'ripple.lan:8080'])(
    'the host %s is accepted once it is named',
    async (host) => {
      const { port } = await listening(doors)
      expect((await ask(port, '/v1/models', { host })).status).toBe(200)
      expect((await ask(port, '/v1/models', { host, auth: null })).status).toBe(401)
    },
  )

  it('a named host is accepted under /v1 alone, and only with its own name and port', async () => {
    const { port } = await listening(doors)
    const auth = `Bearer ${token}`
    for (const path of ['/', '/healthz', '/api/events', '/v10/x', '/nowhere'])
      expect([path, (await ask(port, path, { host: other, auth })).status]).toEqual([path, 403])
    for (const host of ['ripple.lan', 'ripple.lan:80', 'evil.docker.internal', 'host.docker.internal.evil'])
      expect([host, (await ask(port, '/v1/models', { host, auth })).status]).toEqual([host, 403])
  })
})

describe('the header of the origin', () => {
  const origin = 'app://obsidian.md'
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
    'access-control-request-private-network': 'true',
  }

  it('another origin is refused until a setting names it, and the error says which', async () => {
    const { port } = await listening()
    const { status, error, headers } = await ask(port, '/v1/models', { headers: { origin } })
    expect([status, error.message]).toEqual([403, expect.stringContaining('api.origins')])
    expect(headers['access-control-allow-origin']).toBeUndefined()
    const asked = await ask(port, '/v1/models', { method: 'OPTIONS', auth: null, headers: preflight })
    expect(asked.status).toBe(403)
  })

  it('a named origin passes its preflight and reads the answer', async () => {
    const { port } = await listening(doors)
    const path = '/v1/chat/completions'
    const before = await ask(port, path, { method: 'OPTIONS', auth: null, headers: preflight })
    expect([before.status, before.text]).toEqual([204, ''])
    expect(before.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': 'authorization,content-type,x-stainless-lang',
      'access-control-allow-private-network': 'true',
      vary: 'origin',
    })
    const { status, headers } = await ask(port, path, { method: 'POST', headers: { origin }, body: chat })
    expect([status, headers['access-control-allow-origin'], headers.vary]).toEqual([200, origin, 'origin'])
  })

  it('a named origin may read streams and errors', async () => {
    const { port } = await listening(doors)
    const path = '/v1/chat/completions'
    const stream = JSON.stringify({ ...JSON.parse(chat), stream: true })
    for (const given of [{ body: stream }, { body: '{' }, { body: chat, auth: null }]) {
      const { headers } = await ask(port, path, { method: 'POST', headers: { origin }, ...given })
      expect(headers['access-control-allow-origin']).toBe(origin)
    }
  })

  it('a named origin is accepted under /v1 alone, and a similar one is not', async () => {
    const { port } = await listening(doors)
    const auth = `Bearer ${token}`
    for (const path of ['/', '/api/events', '/healthz', '/nowhere'])
      expect([path, (await ask(port, path, { auth, headers: { origin } })).status]).toEqual([path, 403])
    for (const like of ['app://obsidian.md.evil', 'app://obsidian', 'null', 'http://obsidian.md'])
      expect((await ask(port, '/v1/models', { auth, headers: { origin: like } })).status).toBe(403)
  })
})

describe('an unreadable request', () => {
  const head = (path: string, port: number) =>
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
  const places = [
    ['/v1/chat/completions', openaiForm],
    ['/api/status', ownForm],
  ] as const

  it.each(places)('a bad header to %s gets an error in the form of its API', async (path, form) => {
    const { port } = await listening()
    const { status, headers, error } = await send(port, `${head(path, port)}bad header\r\n\r\n`)
    expect([status, error]).toEqual([400, form])
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(error[path.startsWith('/v1') ? 'ripple_code' : 'code']).toBe('RIPPLE_HTTP_INVALID')
  })

  it.each(places)('too large headers to %s get an error in the form of its API', async (path, form) => {
    const { port } = await listening()
    const { status, error } = await send(port, `${head(path, port)}x: ${'y'.repeat(40_000)}\r\n\r\n`)
    expect([status, error]).toEqual([431, form])
  })

  it.each(places)('bad chunks to %s get an error in the form of its API', async (path, form) => {
    const { port } = await listening()
    const chunked = `${head(path, port)}transfer-encoding: chunked\r\n\r\n`
    const { status, error } = await send(port, `${chunked}zz\r\n{}\r\n0\r\n\r\n`)
    expect([status, error]).toEqual([400, form])
  })

  it.each(places)('a bad length to %s gets an error in the form of its API', async (path, form) => {
    const { port } = await listening()
    const { status, error } = await send(port, `${head(path, port)}content-length: two\r\n\r\n{}`)
    expect([status, error]).toEqual([400, form])
  })

  it.each(['GARBAGE\r\n\r\n', '\x16\x03\x01\x02\x00\x01', 'GET /v1/models HTTP/9.9\r\n\r\n', 'GET\r\n\r\n'])(
    "unreadable bytes %j get an error in OpenAI's form",
    async (bytes) => {
      const { port } = await listening()
      const { status, error } = await send(port, bytes)
      expect([status, error]).toEqual([400, openaiForm])
    },
  )

  it.each(places)(
    'a request to %s without a Host gets an error in the form of its API',
    async (path, form) => {
      const { port } = await listening()
      const { status, error } = await send(port, `POST ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`)
      expect([status, error]).toEqual([403, form])
    },
  )

  it.each([
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/2'],
    ['\x16\x03\x01\x02\x00\x01', 'TLS'],
    ['GARBAGE\r\n\r\n', 'does not begin with a method'],
  ])('unreadable bytes %j get a plain explanation', async (bytes, words) => {
    const { port } = await listening()
    const { status, error } = await send(port, bytes)
    expect([status, error.message]).toEqual([400, expect.stringContaining(words)])
    expect(error.message).not.toMatch(/Pause|encountered/)
  })

  it.each(places)('two Host headers to %s get an error in the form of its API', async (path, form) => {
    const { port } = await listening()
    const { status, error } = await send(
      port,
      `${head(path, port)}host: evil.example\r\nconnection: close\r\n\r\n`,
    )
    expect([status, error]).toEqual([400, form])
    expect(error.message).toContain('more than one Host header')
  })

  it('a CONNECT is answered with the allowed methods and closed', async () => {
    const { port } = await listening()
    const { status, headers, error } = await send(
      port,
      'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n',
    )
    expect([status, headers.allow, headers.connection]).toEqual([405, 'GET, HEAD, POST', 'close'])
    expect(error.code).toBe('RIPPLE_METHOD_UNKNOWN')
  })

  it("a path with a stray '%' is refused with a plain explanation", async () => {
    const { port } = await listening()
    for (const path of ['/v1/models/%zz', '/%zz', '/api/%']) {
      const { status, error } = await ask(port, path)
      expect([status, error.message]).toEqual([400, expect.stringMatching(/^the path has a '%'/)])
    }
  })

  it('a malformed URL gets an error in the form of its API', async () => {
    const { port } = await listening()
    expect((await ask(port, '/v1/models/%ff')).error).toEqual(openaiForm)
    expect((await ask(port, '/api/%ff')).error).toEqual(ownForm)
  })
})

describe('a body', () => {
  const path = '/v1/chat/completions'
  const post = async (asked: Asked) => ask((await listening()).port, path, { method: 'POST', ...asked })

  it.each([
    ['that is bad JSON', { body: '{"model":' }, 400],
    ['that is empty', { body: '' }, 400],
    ['of another type', { body: chat, headers: { 'content-type': 'text/plain' } }, 400],
    ['of no type', { body: chat, headers: { 'content-type': '' } }, 400],
    ['that is compressed', { body: gzipSync(chat), headers: { 'content-encoding': 'gzip' } }, 400],
    ['that is not UTF-8', { body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400],
    ['that is too large', { body: `{"model":"${'x'.repeat(9 * 1024 * 1024)}"}` }, 413],
  ])('a body %s is refused in the form of OpenAI', async (_what, asked, status) => {
    const reply = await post(asked)
    expect([reply.status, reply.error]).toEqual([status, openaiForm])
  })

  it.each([
    ['{"model":', 'it ends too early'],
    ['{"model":\n tru}', 'at line 2, column 5'],
    ['[1,]', 'at line 1, column 4'],
    ['{"model":"m"}\n\nx', 'at line 3, column 1'],
    [`{"model":"${'x'.repeat(500)}",\n"n":1,,}`, 'at line 2, column 7'],
    [' ', 'the body is empty'],
  ])('a body broken as %j is refused with the place', async (body, words) => {
    const { status, error } = await post({ body })
    expect([status, error.message]).toEqual([400, expect.stringContaining(words)])
    expect(error.message).not.toMatch(/position|token|content-type/)
  })

  it('a body with a wrong field gets a hint that names the field', async () => {
    const { error } = await post({ body: JSON.stringify({ ...JSON.parse(chat), temperature: 'hot' }) })
    expect([error.param, error.hint]).toEqual(['temperature', "fix 'temperature' as the message says"])
    expect((await post({ body: '{' })).error.hint).not.toContain('docs/')
  })

  it('a compressed body is refused by the name of its encoding', async () => {
    const { error } = await post({ body: gzipSync(chat), headers: { 'content-encoding': 'gzip' } })
    expect(error.message).toContain("'gzip'")
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    'a body of the type "%s" is read',
    async (type) => {
      expect((await post({ body: chat, headers: { 'content-type': type } })).status).toBe(200)
    },
  )

  it.each(['100-continue', 'something-else'])('a body announced by Expect: %s is read', async (expect_) => {
    expect((await post({ body: chat, headers: { expect: expect_ } })).status).toBe(200)
  })

  it('a body in chunks is read', async () => {
    const { port } = await listening()
    const headers = `host: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
    const begun = `POST ${path} HTTP/1.1\r\n${headers}connection: close\r\ntransfer-encoding: chunked\r\n\r\n`
    const { status } = await send(port, begun, `${chat.length.toString(16)}\r\n${chat}\r\n`, '0\r\n\r\n')
    expect(status).toBe(200)
  })
})
