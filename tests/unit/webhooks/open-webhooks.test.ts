// Tests the delivery of webhooks to real HTTP servers.
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Secret } from '../../../host/config/secrets.ts'
import { type WebhookEvent, webhookEvents } from '../../../host/config/webhooks.ts'
import { limits } from '../../../host/limits.ts'
import type { DaemonEvent } from '../../../host/telemetry/catalogue.ts'
import { type EventHub, eventHub } from '../../../host/telemetry/events.ts'
import { openWebhooks } from '../../../host/webhooks/open-webhooks.ts'
import { signedHeaders } from '../../../host/webhooks/signed-headers.ts'

const AT = Date.UTC(2026, 10, 26, 12)
const TEXT_SECRET = 'correct horse battery staple'
const ended = (state: string): DaemonEvent => ({
  type: 'task_state',
  task_key: 'key-of-the-task',
  task: 'uhCkkTask',
  state,
  peer: 'uhCAkWorker',
})
const decided = (allow: boolean): DaemonEvent => ({
  type: 'policy_decided',
  decision: 'decision-1',
  point: 'run',
  subject: 'uhCkkTask',
  allow,
  rule: 'deny_posters',
  reasons: ['a sentence that may quote the request'],
})

interface Got {
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const nothing: Got = { url: '', headers: {}, body: '' }

const stack = { current: new AsyncDisposableStack() }
afterEach(async () => {
  await stack.current.disposeAsync()
  stack.current = new AsyncDisposableStack()
})

/** Serves a receiver that answers with these statuses, then with 204. */
async function receiver(...statuses: number[]): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece
    got.push({ url: request.url, headers: request.headers, body })
    const status = statuses.shift() ?? 204
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stack.current.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}

interface World {
  readonly hub: EventHub
  readonly pauses: number[]
  readonly reported: () => DaemonEvent[]
}

/** Opens a webhook whose pauses pass at once. */
function open(
  url: string,
  { events = [...webhookEvents] as WebhookEvent[], secret = TEXT_SECRET } = {},
): World {
  const pauses: number[] = []
  const logged: DaemonEvent[] = []
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (event: DaemonEvent) => logged.push(event)]),
  )
  const hub = eventHub(log as never, () => AT, { run: 'run' })
  const webhooks = openWebhooks({
    webhooks: [{ url, events, secret: 'hook' }],
    agent: 'uhCAkPoster',
    events: hub,
    secrets: { get: async (name) => (name === 'hook' && secret !== '' ? new Secret(secret) : null) },
    clock: { now: () => Date.now(), sleep: async (ms) => void pauses.push(ms) },
    emit: hub.emit,
    whyEnded: async () => 'attempts',
  })
  stack.current.use(webhooks)
  return { hub, pauses, reported: () => logged.filter(({ type }) => type.startsWith('webhook_')) }
}

const say = (hub: EventHub, event: DaemonEvent): void => hub.emit(event as never)

describe('webhooks', () => {
  test('a webhook arrives after two failures with the same id and body, and longer pauses', async () => {
    const { url, got } = await receiver(500, 503)
    const { hub, pauses, reported } = open(`${url}/hook?token=t`)
    say(hub, ended('accepted'))
    const address = `${url}/hook`
    await vi.waitFor(() =>
      expect(reported()).toEqual([{ type: 'webhook_sent', url: address, event: 'run-1', tries: 3 }]),
    )
    expect(pauses).toEqual([1_000, 5_000])
    expect(got.map((one) => one.url)).toEqual(Array(3).fill('/hook?token=t'))
    expect(new Set(got.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1)
    expect(JSON.parse(got[0]?.body ?? '')).toEqual({
      type: 'accepted',
      timestamp: '2026-11-26T12:00:00.000Z',
      data: {
        ...{ agent: 'uhCAkPoster', task_key: 'key-of-the-task', task: 'uhCkkTask', state: 'accepted' },
        ...{ worker: 'uhCAkWorker', why: null },
      },
    })
  })

  test('a webhook carries an HMAC-SHA256 of id, time and body', async () => {
    const { url, got } = await receiver()
    say(open(url).hub, ended('accepted'))
    await vi.waitFor(() => expect(got.length).toBe(1))
    const [{ headers, body } = nothing] = got
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    const expected = createHmac('sha256', TEXT_SECRET).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
    expect(Math.abs(Number(headers['webhook-timestamp']) * 1_000 - Date.now())).toBeLessThan(60_000)
  })

  test('the signature is that of the standardwebhooks library 1.1.1', () => {
    const secret = new Secret('whsec_YSBrZXkgb2YgdGhpcyB0ZXN0')
    expect(signedHeaders('run-1', 1_764_158_400_000, '{"type":"accepted"}', secret)).toEqual({
      'webhook-id': 'run-1',
      'webhook-timestamp': '1764158400',
      'webhook-signature': 'v1,ZBtbTCvTKr8YGt94fn6LCCkZRguvOEIHWzghBWLSLaI=',
    })
  })

  test('a webhook of a failed task names why it failed', async () => {
    const { url, got } = await receiver()
    say(open(url).hub, ended('failed'))
    await vi.waitFor(() => expect(got.length).toBe(1))
    expect(JSON.parse(got[0]?.body ?? '')).toMatchObject({ type: 'failed', data: { why: 'attempts' } })
  })

  test.each([
    ['accepted', [ended('accepted')]],
    ['failed', [ended('failed'), ended('expired')]],
    ['refused', [decided(false)]],
  ] as const)('%s is delivered to a receiver of it alone', async (name, wanted) => {
    const { url, got } = await receiver()
    const { hub } = open(url, { events: [name] })
    for (const state of ['posted', 'running', 'cancelled', 'accepted', 'failed', 'expired'])
      say(hub, ended(state))
    for (const allow of [true, false]) say(hub, decided(allow))
    await vi.waitFor(() => expect(got.length).toBe(wanted.length))
    expect(got.map(({ body }) => JSON.parse(body).type)).toEqual(wanted.map(() => name))
  })

  test('a webhook of a refusal names the rule, and none of its reasons', async () => {
    const { url, got } = await receiver()
    say(open(url).hub, decided(false))
    await vi.waitFor(() => expect(got.length).toBe(1))
    expect(JSON.parse(got[0]?.body ?? '').data).toEqual({
      ...{ agent: 'uhCAkPoster', decision: 'decision-1', point: 'run', rule: 'deny_posters' },
      subject: 'uhCkkTask',
    })
  })

  test('a webhook without success is given up and reported after the last try', async () => {
    const { url, got } = await receiver(...Array(limits.webhook_tries_max).fill(500))
    const { hub, reported } = open(url)
    say(hub, ended('accepted'))
    await vi.waitFor(() => expect(reported()).toMatchObject([{ type: 'webhook_failed', tries: 6 }]))
    expect(reported()).toMatchObject([
      { code: 'RIPPLE_WEBHOOK_FAILED', detail: expect.stringContaining('500') },
    ])
    expect(got.length).toBe(limits.webhook_tries_max)
  })

  test('a webhook follows no redirect', async () => {
    const { url, got } = await receiver(302)
    const { hub } = open(`${url}/hook`)
    say(hub, ended('accepted'))
    await vi.waitFor(() => expect(got.length).toBe(2))
    expect(got.map((one) => one.url)).toEqual(['/hook', '/hook'])
  })

  test('a webhook leaves not without its secret', async () => {
    const { url, got } = await receiver()
    const { hub, reported } = open(url, { secret: '' })
    say(hub, ended('accepted'))
    await vi.waitFor(() => expect(reported()).toMatchObject([{ code: 'RIPPLE_WEBHOOK_NO_SECRET' }]))
    expect(got).toEqual([])
  })

  test('a webhook beyond the bound of waiting ones is given up at once', async () => {
    const { hub, reported } = open('http://127.0.0.1:1')
    for (let count = 0; count <= limits.webhooks_waiting_max; count++) say(hub, ended('accepted'))
    expect(reported()).toMatchObject([{ type: 'webhook_failed', tries: 0, code: 'RIPPLE_WEBHOOK_MANY' }])
  })
})
