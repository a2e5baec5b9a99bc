/** Tests who may use the port of Ollama's API, and from where. */
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { ollamaCaller, v1Key } from '../../../../host/types/principal.ts'
import { StandInInference } from '../openai-stand-in.ts'
import { openaiKey, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'
import { serveOllama } from './stub-ollama.ts'

const chat = { model: 'SmolLM2-135M-Instruct', messages: [{ role: 'user', content: 'Hi' }], stream: false }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** Sends a request with headers that `fetch` would set itself. */
function send(url: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject).end()
  })
}

describe('an open port', () => {
  it('a program without a key asks as `ollama`, which may only ask', async () => {
    const { post, inference } = await serveOllama()
    expect((await post('/api/chat', chat)).status).toBe(200)
    expect(inference.asked[0]?.principal).toEqual(ollamaCaller)
    expect(ollamaCaller.scopes).toEqual(['infer'])
  })

  it.each([
    ['a valid key', bearer(openaiKey), v1Key],
    ['a word that is no key', bearer('ollama'), ollamaCaller],
  ])('%s decides the principal', async (_name, headers, principal) => {
    const { post, inference } = await serveOllama()
    expect((await post('/api/chat', chat, headers)).status).toBe(200)
    expect(inference.asked[0]?.principal).toEqual(principal)
  })

  it('a key without the scope to ask is refused', async () => {
    const { keys } = stubContext({})
    const reader = { kind: 'key' as const, name: 'reader', scopes: ['read' as const] }
    const { post, url } = await serveOllama(new StandInInference(), {
      parts: { keys: { ...keys, find: () => reader } },
    })
    const { status, lines } = await post('/api/chat', chat, bearer('x'))
    expect([status, lines[0]?.ripple_code]).toEqual([403, 'RIPPLE_SCOPE_REFUSED'])
    expect((await fetch(`${url}/api/tags`, { headers: bearer('x') })).status).toBe(200)
  })

  it('the asks of programs without a key are bounded by the key of the same name', async () => {
    const admitted: unknown[] = []
    const { keys } = stubContext({})
    const { post } = await serveOllama(new StandInInference(), {
      parts: { keys: { ...keys, admit: (principal) => void admitted.push(principal.name) } },
    })
    await post('/api/chat', chat)
    expect(admitted).toEqual(['ollama'])
  })
})

describe('a port for keys', () => {
  it('a program without a valid key finds the server, and nothing else', async () => {
    const { url, post } = await serveOllama(new StandInInference(), { access: 'key' })
    expect((await fetch(url)).status).toBe(200)
    for (const path of ['/api/tags', '/api/version', '/api/nothing'])
      expect((await fetch(`${url}${path}`)).status).toBe(401)
    const { status, headers, lines } = await post('/api/chat', chat, bearer('ollama'))
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(lines[0]).toMatchObject({ error: expect.any(String), ripple_code: 'RIPPLE_UNAUTHORIZED' })
  })

  it.each([openaiKey, token])('a program with a valid key may ask', async (key) => {
    const { post } = await serveOllama(new StandInInference(), { access: 'key' })
    expect((await post('/api/chat', chat, bearer(key))).status).toBe(200)
  })
})

describe('a page of another site', () => {
  const places = { hosts: ['host.docker.internal'], origins: ['app://obsidian.md'] }

  it.each([
    ['its Origin', { origin: 'https://evil.example' }, 403],
    ['a sandbox', { origin: 'null' }, 403],
    ['an image', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port', { 'sec-fetch-site': 'same-site' }, 403],
    ['a name that it rebinds', { host: 'evil.example:11434' }, 403],
    ['an allowed origin', { origin: 'app://obsidian.md', 'sec-fetch-site': 'cross-site' }, 403],
    ['an allowed host', { host: 'host.docker.internal:11434' }, 200],
    ['the address bar', { 'sec-fetch-site': 'none' }, 200],
  ])('an open port answers a request with %s and %j by %i', async (_name, headers, status) => {
    const { url } = await serveOllama(new StandInInference(), places)
    expect(await send(url, '/api/tags', headers)).toBe(status)
    expect(await send(url, '/', headers)).toBe(status)
  })

  it('a port for keys lets an allowed origin ask with a key, and answers its preflight', async () => {
    const { url } = await serveOllama(new StandInInference(), { ...places, access: 'key' })
    const origin = { origin: 'app://obsidian.md', 'sec-fetch-site': 'cross-site' }
    expect(await send(url, '/api/tags', { ...origin, ...bearer(openaiKey) })).toBe(200)
    expect(await send(url, '/api/tags', origin)).toBe(401)
    const preflight = { ...origin, 'access-control-request-method': 'POST' }
    expect(await send(url, '/api/chat', preflight, 'OPTIONS')).toBe(204)
  })

  it('a form cannot ask, because its body is not JSON', async () => {
    const { post, inference } = await serveOllama()
    const { status } = await post('/api/chat', chat, { 'content-type': 'text/plain' })
    expect([status, inference.asked]).toEqual([400, []])
  })
})
