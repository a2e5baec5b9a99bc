import { expect, onTestFinished, test } from 'vitest'
import { host, stubApi, token } from './stub-api.ts'

test('the metrics are served as text to a caller with a key, and to nobody else', async () => {
  const app = stubApi({ metrics: async () => 'ripple_grants_held 2\n' })
  onTestFinished(() => app.close())
  const ask = (headers: Record<string, string>) =>
    app.inject({ url: '/metrics', headers: { host, ...headers } })
  const answer = await ask({ authorization: `Bearer ${token}` })
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(answer.body).toBe('ripple_grants_held 2\n')
  expect((await ask({})).statusCode).toBe(401)
  expect((await ask({ authorization: `Bearer ${token}`, host: 'evil.example' })).statusCode).toBe(403)
})
