import { describe, expect, it, onTestFinished } from 'vitest'
import { pageKeys } from '../../../host/api/page-keys.ts'
import { limits } from '../../../host/limits.ts'
import { readRules } from '../../../host/rules/rules.ts'
import { host, stubApi, token } from './stub-api.ts'

const json = { host, 'content-type': 'application/json' }

function api(keys = pageKeys()) {
  const app = stubApi({ pageKeys: keys })
  onTestFinished(() => app.close())
  return app
}

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/ui/app.js', 'text/javascript; charset=utf-8'],
    ['/ui/index.css', 'text/css; charset=utf-8'],
    ['/ui/icon.svg', 'image/svg+xml'],
    ['/ui/rules.wasm', 'application/wasm'],
  ])('%s needs no token, is confined by its headers and is not cached', async (url, type) => {
    const answer = await api().inject({ url, headers: { host } })
    expect(answer.statusCode).toBe(200)
    expect(answer.rawPayload.length).toBeGreaterThan(100)
    const policy = String(answer.headers['content-security-policy'])
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; /)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-inline')
  })

  it("the page has the daemon's own rules", async () => {
    const answer = await api().inject({ url: '/ui/rules.wasm', headers: { host } })
    expect(answer.rawPayload.equals(await readRules())).toBe(true)
  })

  it.each([
    '/ui/files.json',
    '/ui/rules.sha256',
    '/ui/..%2Frules.sha256',
    '/ui/__proto__',
    '/ui/',
    '/ui/a/b',
  ])('the page has no %s', async (url) => {
    const answer = await api().inject({ url, headers: { host, authorization: `Bearer ${token}` } })
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'RIPPLE_ROUTE_UNKNOWN'])
  })

  it.each(['/', '/ui/app.js'])('%s is refused to foreign hosts and origins', async (url) => {
    const strange = await api().inject({ url, headers: { host: 'evil.example:4747' } })
    expect([strange.statusCode, strange.json().error.code]).toEqual([403, 'RIPPLE_FOREIGN_HOST'])
    const other = await api().inject({ url, headers: { host, origin: 'http://evil.example' } })
    expect([other.statusCode, other.json().error.code]).toEqual([403, 'RIPPLE_FOREIGN_ORIGIN'])
  })
})

describe('a key of a page', () => {
  const redeem = (app: ReturnType<typeof api>, code: string, headers: object = {}) =>
    app.inject({ method: 'POST', url: '/api/page/key', headers: { ...json, ...headers }, payload: { code } })

  it('a page key is issued once for a code and works as the token does', async () => {
    const keys = pageKeys()
    const app = api(keys)
    const code = keys.code()
    const { key } = (await redeem(app, code)).json() as { key: string }
    const again = await redeem(app, code)
    expect([again.statusCode, again.json().error.code]).toEqual([401, 'RIPPLE_PAGE_CODE'])
    const health = (bearer: string) =>
      app.inject({ url: '/healthz', headers: { host, authorization: `Bearer ${bearer}` } })
    expect((await health(key)).statusCode).toBe(200)
    expect((await health(`${key}x`)).statusCode).toBe(401)
    expect((await health(code)).statusCode).toBe(401)
  })

  it.each([
    [{}, 400, 'RIPPLE_BODY_INVALID'],
    [{ code: '' }, 400, 'RIPPLE_BODY_INVALID'],
    [{ code: 'x'.repeat(200) }, 400, 'RIPPLE_BODY_INVALID'],
    [{ code: 'x', more: 1 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ code: token }, 401, 'RIPPLE_PAGE_CODE'],
  ])('a page key is not issued for %j', async (payload, status, code) => {
    const answer = await api().inject({ method: 'POST', url: '/api/page/key', headers: json, payload })
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
  })

  it('a page key is not issued to a page of another site', async () => {
    const keys = pageKeys()
    const answer = await redeem(api(keys), keys.code(), { origin: 'http://evil.example' })
    expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'RIPPLE_FOREIGN_ORIGIN'])
  })

  it('a page key is not issued for an old or displaced code', () => {
    let now = 1
    const keys = pageKeys(() => now)
    const old = keys.code()
    now += limits.page_code_ms + 1
    expect(() => keys.redeem(old)).toThrow(expect.objectContaining({ code: 'RIPPLE_PAGE_CODE' }))
    const first = keys.code()
    for (let n = 0; n < limits.page_codes_max; n += 1) keys.code()
    expect(() => keys.redeem(first)).toThrow(expect.objectContaining({ code: 'RIPPLE_PAGE_CODE' }))
  })

  it('the least recently used page key goes above the bound', () => {
    const keys = pageKeys()
    const made = Array.from({ length: limits.page_keys_max }, () => keys.redeem(keys.code()))
    expect(keys.accepts(made[0] ?? '')).toBe(true)
    keys.redeem(keys.code())
    expect(made.map(keys.accepts)).toEqual(made.map((_key, index) => index !== 1))
  })
})
