/** Tests which operations each scope opens, through the real server. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { daemonOperations, routeOf } from '../../../host/operations/registry.ts'
import { type Principal, type Scope, scopes } from '../../../host/types/principal.ts'
import { listeningApi, openaiKey, token } from './stub-api.ts'
import { stubContext } from './stub-context.ts'

/** A server to which each scope's name is a key with that scope alone. */
async function serverWithKeys() {
  const find = (key: string): Principal | null => {
    const scope = scopes.find((one) => one === key)
    return scope ? { kind: 'key', name: `only-${scope}`, scopes: [scope] } : null
  }
  const inference = { models: () => [], ask: () => Promise.reject(new Error('it was asked')) }
  const { app, url } = await listeningApi({ keys: { ...stubContext({}).keys, find }, inference })
  onTestFinished(() => app.close())
  return async (method: 'GET' | 'POST', path: string, key: string) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, ...(method === 'POST' && { body: '{}' }) })
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      await answer.body?.cancel()
      return { status: answer.status, error: null }
    }
    const { error = null } = (await answer.json()) as { error?: Record<string, unknown> }
    return { status: answer.status, error }
  }
}

describe('a key with one scope', () => {
  test.each(daemonOperations.map(({ name, scope }) => [name, scope] as const))(
    '%s can be called exactly with the scope %s',
    async (name, required) => {
      const call = await serverWithKeys()
      const allowed: Scope[] = []
      for (const scope of scopes) {
        const { status, error } = await call('POST', routeOf(name), scope)
        if (status !== 403) allowed.push(scope)
        else expect(error).toMatchObject({ code: 'RIPPLE_SCOPE_REFUSED', facts: { scope: required } })
      }
      expect(allowed).toEqual([required])
    },
  )

  test.each([
    ['GET', '/api/events', ['read']],
    ['GET', '/healthz', ['read']],
    ['GET', '/metrics', ['read']],
    ['GET', '/v1/models', ['infer', 'read']],
    ['POST', '/v1/chat/completions', ['infer']],
    ['POST', '/v1/completions', ['infer']],
    ['POST', '/v1/embeddings', ['infer']],
    ['POST', '/v1/messages', ['infer']],
    ['POST', '/v1/messages/count_tokens', ['infer']],
    ['POST', '/v1/responses', ['infer']],
    ['GET', '/v1/responses/resp_1', ['infer']],
    ['POST', '/a2a', ['read', 'write']],
  ] as const)('%s %s can be called exactly with one of the scopes %j', async (method, path, required) => {
    const call = await serverWithKeys()
    const statuses = await Promise.all(scopes.map(async (scope) => (await call(method, path, scope)).status))
    expect(scopes.filter((_, at) => statuses[at] !== 403)).toEqual(required)
  })
})

test('a refusal under /v1 names the scope in the form of OpenAI', async () => {
  const call = await serverWithKeys()
  const { error } = await call('POST', '/v1/chat/completions', 'read')
  expect(error).toMatchObject({
    type: 'permission_error',
    ripple_code: 'RIPPLE_SCOPE_REFUSED',
    message: expect.stringContaining("lacks the scope 'infer'"),
  })
})

test('a route that names no scope can be called with the scope admin alone', async () => {
  const find = (key: string): Principal => ({ kind: 'key', name: 'bot', scopes: [key as Scope] })
  const keys = { ...stubContext({}).keys, find }
  const prepare = (app: Awaited<ReturnType<typeof listeningApi>>['app']) =>
    void app.get('/new', async () => ({ ok: true }))
  const { app, url } = await listeningApi({ keys }, { prepare })
  onTestFinished(() => app.close())
  const status = async (scope: Scope) =>
    (await fetch(`${url}/new`, { headers: { authorization: `Bearer ${scope}` } })).status
  expect(await Promise.all(scopes.map(status))).toEqual([403, 403, 403, 200])
})

test('a key without the scope admin names no file of the machine', async () => {
  const find = (): Principal => ({ kind: 'key', name: 'bot', scopes: ['write'] })
  const { app, url } = await listeningApi({ keys: { ...stubContext({}).keys, find } })
  onTestFinished(() => app.close())
  const headers = { authorization: 'Bearer bot', 'content-type': 'application/json' }
  const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  for (const [path, body] of [
    ['/api/artifact/add', { path: '/etc/hostname' }],
    ['/api/artifact/get', { cid, output: '/tmp/out' }],
    ['/api/task/receipt', { id: 'task', out: '/tmp/out' }],
    ['/api/moe/eval', { set: '/etc/hostname' }],
  ] as const) {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const { error } = (await answer.json()) as { error: unknown }
    expect([path, error]).toMatchObject([path, { code: 'RIPPLE_SCOPE_REFUSED', facts: { scope: 'admin' } }])
  }
})

test('an operation and a route of OpenAI learn who calls', async () => {
  const asked: unknown[] = []
  const ask = (given: { principal?: Principal | undefined }) => {
    asked.push(given.principal?.name)
    return Promise.reject(new Error('it was asked'))
  }
  const find = (): Principal => ({ kind: 'key', name: 'bot', scopes: ['infer'] })
  const { app, url } = await listeningApi({
    keys: { ...stubContext({}).keys, find },
    inference: { models: () => [], ask },
  })
  onTestFinished(() => app.close())
  const call = (path: string, key: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  await call('/api/ask', 'bot', { prompt: 'Hi' })
  await call('/api/ask', token, { prompt: 'Hi' })
  await call('/v1/completions', 'bot', { model: 'm', prompt: 'Hi' })
  await call('/v1/completions', openaiKey, { model: 'm', prompt: 'Hi' })
  expect(asked).toEqual(['bot', 'owner', 'bot', 'v1'])
})
