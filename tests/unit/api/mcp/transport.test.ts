/** Tests the MUSTs of MCP's transport that no client of good manners would break, by raw requests. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { host, listeningApi, stubApi, token } from '../stub-api.ts'

const version = '2026-07-28'
const _meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

interface Sent {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** Sends one request with the headers of a good one, except those given. An empty header is left out. */
async function send({ method = 'POST', headers = {}, body }: Sent) {
  const app = stubApi()
  onTestFinished(() => app.close())
  const usual = {
    ...{ host, authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' },
    ...(method === 'POST' && { 'content-type': 'application/json' }),
  }
  const all = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== '')
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await app.inject({
    ...{ method, url: '/mcp', headers: Object.fromEntries(all) },
    ...(method === 'POST' && { payload }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: answer.body }
}

/** Sends a call of 2026-07-28 with these headers in place of the matching ones. */
function call(method: string, params: object, headers: Record<string, string> = {}) {
  const matching = { 'mcp-protocol-version': version, 'mcp-method': method }
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }
  return send({ headers: { ...matching, ...headers }, body })
}

const named = { 'mcp-name': 'task.list' }

test('a foreign Origin is refused with 403', async () => {
  expect((await call('tools/list', {}, { origin: 'https://evil.example' })).status).toBe(403)
})

test('a foreign Host is refused, so that a page cannot rebind its name to loopback', async () => {
  expect((await call('tools/list', {}, { host: 'evil.example:4747' })).status).toBe(403)
})

test('a request without a key is refused with 401 and the scheme', async () => {
  const { status, headers } = await call('tools/list', {}, { authorization: '' })
  expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer'])
})

test('GET and DELETE, which only earlier revisions had, are refused with 405', async () => {
  for (const method of ['GET', 'DELETE'] as const) expect((await send({ method })).status).toBe(405)
})

test('a notification is answered with 202 and no body', async () => {
  const { status, text } = await send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } })
  expect([status, text]).toEqual([202, ''])
})

test('a body that is not JSON is refused with 400', async () => {
  expect((await send({ body: '{"jsonrpc":' })).status).toBe(400)
})

test('a request whose target is a whole URL, as a proxy sends it, is answered', async () => {
  const { app, port } = await listeningApi({})
  onTestFinished(() => app.close())
  const path = `http://127.0.0.1:${port}/mcp`
  const accept = 'application/json, text/event-stream'
  const headers = { authorization: `Bearer ${token}`, accept, 'content-type': 'application/json' }
  const sent = request({ port, host: '127.0.0.1', method: 'POST', path, headers })
  sent.end('{"jsonrpc":"2.0","method":"notifications/initialized"}')
  const [{ statusCode }] = (await once(sent, 'response')) as [IncomingMessage]
  expect(statusCode).toBe(202)
})

test('an unknown method is answered with 404 and -32601', async () => {
  const { status, text } = await call('tools/none', {})
  expect([status, JSON.parse(text)]).toMatchObject([404, { error: { code: -32_601 } }])
})

test('an unknown version is answered with 400 and the versions that are spoken', async () => {
  const meta = { ..._meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' }
  const headers = { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' }
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }
  const { status, text } = await send({ headers, body })
  expect(status).toBe(400)
  expect(JSON.parse(text).error.data.supported).toContain(version)
})

describe('a header that must repeat the body', () => {
  test.each([
    ['another version', { ...named, 'mcp-protocol-version': '2025-11-25' }],
    ['another method', { ...named, 'mcp-method': 'tools/list' }],
    ['another name', { 'mcp-name': 'status' }],
    ['no method', { ...named, 'mcp-method': '' }],
    ['no name', {}],
    ['a name in broken base64', { 'mcp-name': '=?base64?%%?=' }],
  ])('a request is refused with 400 and -32020 for %s', async (_what, headers) => {
    const { status, text } = await call('tools/call', { name: 'task.list' }, headers)
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { code: -32_020 } }])
  })

  test('the name may be in base64', async () => {
    const encoded = `=?base64?${Buffer.from('task.list').toString('base64')}?=`
    const { status, text } = await call('tools/call', { name: 'task.list' }, { 'mcp-name': encoded })
    expect([status, JSON.parse(text)]).toMatchObject([200, { result: { structuredContent: { tasks: [] } } }])
  })
})
