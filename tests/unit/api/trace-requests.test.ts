// Tests that requests reach the traces with their head, their work and their status.
import { AsyncLocalStorage } from 'node:async_hooks'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { traceRequests } from '../../../host/api/trace-requests.ts'
import type { RequestHead } from '../../../host/telemetry/traces/port.ts'

test('a request is traced from its head to its status, and its work knows it after the body was read', async () => {
  const current = new AsyncLocalStorage<RequestHead>()
  const heads: RequestHead[] = []
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const app = fastify()
  traceRequests(app, {
    request: (head, work) => {
      heads.push(head)
      current.run(head, work)
      return resolve
    },
  })
  app.post('/v1/things/:id', async (_request, reply) => {
    await new Promise(setImmediate)
    return reply.code(201).send({ route: current.getStore()?.route })
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const begun = Date.now()
  const answer = await fetch(`${app.listeningOrigin}/v1/things/secret`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: 'sent' },
    body: JSON.stringify({ text: 'x'.repeat(500_000) }),
  })
  expect(await answer.json()).toEqual({ route: '/v1/things/:id' })
  expect(await ended).toBe(201)
  expect(heads).toMatchObject([{ method: 'POST', route: '/v1/things/:id', traceparent: 'sent' }])
  expect(heads[0]?.startedAt).toBeGreaterThan(begun - 1_000)
  await app.close()
})
