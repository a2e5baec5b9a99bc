import { describe, expect, it, onTestFinished } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { limits } from '../../../host/limits.ts'
import type { Context, TaskView } from '../../../host/operations/context.ts'
import { daemonOperations, routeOf } from '../../../host/operations/registry.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import { FALLBACK_AGENTS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { host, openaiKey, stubApi, token } from './stub-api.ts'
import { stubContext } from './stub-context.ts'
import { taskView } from './task-view.ts'

const headers = { host, authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const routes = [
  ...daemonOperations.map((verb) => ['POST', routeOf(verb.name)] as const),
  ['GET', '/api/events'] as const,
  ['GET', '/healthz'] as const,
  ['GET', '/nowhere'] as const,
  ['OPTIONS', '/api/status'] as const,
]

/** One more than a task may name for its fallback. */
const manyPeers = Array.from({ length: FALLBACK_AGENTS_MAX + 1 }, (_, i) => `peer ${i}`)

function api(context: Partial<Context> = {}) {
  const app = stubApi(context)
  onTestFinished(() => app.close())
  return app
}

describe('routes', () => {
  it.each(routes)('%s %s refuses a missing, wrong or misplaced token', async (method, url) => {
    const app = api()
    const tries = [
      { url, headers: { ...headers, authorization: '' } },
      { url, headers: { ...headers, authorization: `Bearer ${token}x` } },
      { url, headers: { ...headers, authorization: `Bearer ${token.slice(1)}` } },
      { url, headers: { ...headers, authorization: `Basic ${token}` } },
      { url: `${url}?token=${token}`, headers: { host, 'content-type': 'application/json' } },
    ]
    for (const attempt of tries) {
      const answer = await app.inject({ method, ...attempt, ...(method === 'POST' ? { payload: '{}' } : {}) })
      expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'RIPPLE_UNAUTHORIZED'])
      expect(answer.body).not.toContain(token)
    }
  })

  it.each(routes)('%s %s refuses foreign hosts and origins', async (method, url) => {
    const app = api()
    const foreign = ['evil.example:4747', '127.0.0.1:80', '127.0.0.1', 'localhost.evil:4747', '']
    for (const name of foreign) {
      const answer = await app.inject({ method, url, headers: { ...headers, host: name } })
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'RIPPLE_FOREIGN_HOST'])
    }
    for (const origin of ['http://evil.example', 'null', 'http://localhost:4747', 'https://127.0.0.1:4747']) {
      const answer = await app.inject({ method, url, headers: { ...headers, origin } })
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'RIPPLE_FOREIGN_ORIGIN'])
    }
  })
})

describe('a request', () => {
  it.each(['127.0.0.1:4747', 'localhost:4747', '[::1]:4747', 'LOCALHOST:4747'])(
    'a request to the host %s is accepted',
    async (name) => {
      const answer = await api().inject({ url: '/healthz', headers: { ...headers, host: name } })
      expect([answer.statusCode, answer.json()]).toEqual([200, { ok: true }])
    },
  )

  it('a request from its own origin is accepted', async () => {
    const answer = await api().inject({ url: '/healthz', headers: { ...headers, origin: `http://${host}` } })
    expect(answer.statusCode).toBe(200)
  })

  it.each([
    ['text/plain', '{}'],
    ['application/x-www-form-urlencoded', 'id=1'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/jsonx', '{}'],
    ['', '{}'],
  ])('a request of the content type "%s" is refused', async (type, payload) => {
    const answer = await api().inject({
      method: 'POST',
      url: '/api/status',
      headers: { ...headers, 'content-type': type },
      payload,
    })
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'RIPPLE_BODY_INVALID'])
  })

  it.each([
    ['bad JSON', '{"id":'],
    ['nothing', ''],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['__proto__', '{"id":"x","__proto__":{"a":1}}'],
    ['constructor.prototype', '{"id":"x","constructor":{"prototype":{"a":1}}}'],
    ['an unknown field', '{"id":"x","idd":"y"}'],
    ['a wrong type', '{"id":7}'],
    ['bad UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['great depth', `${'['.repeat(100_000)}`],
    ['great depth that ends', `{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['text that is not UTF-8', Buffer.from('{"id":"\xff"}', 'latin1')],
  ])('a request with %s in its body is refused', async (_what, payload) => {
    const answer = await api().inject({ method: 'POST', url: '/api/task/show', headers, payload })
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'RIPPLE_BODY_INVALID'])
  })

  it('a too large request is refused', async () => {
    const payload = `{"id":"${'x'.repeat(9 * 1024 * 1024)}"}`
    const answer = await api().inject({ method: 'POST', url: '/api/task/show', headers, payload })
    expect([answer.statusCode, answer.json().error.code]).toEqual([413, 'RIPPLE_BODY_TOO_LARGE'])
  })

  it('a request with a malformed URL is refused as all others are', async () => {
    const answer = await api().inject({ url: '/v1/models/%ff', headers })
    expect([answer.statusCode, answer.json().error.ripple_code]).toEqual([400, 'RIPPLE_BODY_INVALID'])
  })

  it("the key of OpenAI's endpoints works there and nowhere else", async () => {
    const authorization = `Bearer ${openaiKey}`
    const app = api({ inference: { models: () => [], ask: () => Promise.reject(new Error('not asked')) } })
    const codes = async (url: string, method: 'GET' | 'POST' | 'OPTIONS' = 'GET') => {
      const body = method === 'POST' ? { payload: '{}' } : {}
      const answer = await app.inject({ method, url, headers: { ...headers, authorization }, ...body })
      return answer.statusCode
    }
    expect([await codes('/v1/models'), await codes('/v1/nothing')]).toEqual([200, 404])
    const asks = new Set(
      daemonOperations.filter(({ scope }) => scope === 'infer').map(({ name }) => routeOf(name)),
    )
    // The last two routes do not exist, and everybody with a key may know that.
    for (const [method, url] of routes.slice(0, -2).filter(([, url]) => !asks.has(url)))
      expect([url, await codes(url, method)]).toEqual([url, 403])
    expect([await codes('/nowhere'), await codes('/api/status', 'OPTIONS')]).toEqual([404, 405])
    for (const url of ['/v1/../api/events', '//api/events', '/api/events?x=/v1/'])
      expect([url, await codes(url)]).not.toEqual([url, 200])
  })

  it('a request to an unknown path says so', async () => {
    const answer = await api().inject({ url: '/nowhere', headers })
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'RIPPLE_ROUTE_UNKNOWN'])
  })

  it('a request that meets a defect learns its message alone', async () => {
    const status = () => Promise.reject(new Error('oh'))
    const answer = await api({ status }).inject({
      method: 'POST',
      url: '/api/status',
      headers,
      payload: '{}',
    })
    expect(answer.statusCode).toBe(500)
    expect(Object.keys(answer.json().error).sort()).toEqual(['code', 'facts', 'hint', 'message'])
  })
})

describe('task.post', () => {
  const post = (input: object) =>
    api().inject({ method: 'POST', url: '/api/task/post', headers, payload: input })

  it.each([
    [{ prompt: '' }, 400, 'RIPPLE_PROMPT_EMPTY'],
    [{ prompt: ' \n\t' }, 400, 'RIPPLE_PROMPT_EMPTY'],
    [{ prompt: 'x'.repeat(1024 * 1024) }, 413, 'RIPPLE_PROMPT_TOO_LARGE'],
    [{ prompt: 'é'.repeat(600_000) }, 413, 'RIPPLE_PROMPT_TOO_LARGE'],
    [{ prompt: 'a\ud800b' }, 400, 'RIPPLE_PROMPT_ENCODING'],
    [{}, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', key: 'short' }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', key: 'k'.repeat(65) }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', max_tokens: 0 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', max_tokens: 1e9 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', temperature: -1 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', seed: 1.5 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', timeout_ms: 1 }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', fallback_after_ms: 1_000, fallback_to: manyPeers }, 400, 'RIPPLE_BODY_INVALID'],
    [{ prompt: 'x', timeout_ms: 5_000, run_timeout_ms: 6_000 }, 400, 'RIPPLE_DEADLINE_INVALID'],
    [{ prompt: 'x', fallback_to: ['nas'] }, 400, 'RIPPLE_FALLBACK_INVALID'],
    [{ prompt: 'x', fallback_after_ms: 7_200_000 }, 400, 'RIPPLE_FALLBACK_INVALID'],
    [{ prompt: 'x', timeout_ms: 5_000, fallback_after_ms: 5_000 }, 400, 'RIPPLE_FALLBACK_INVALID'],
  ])('`task.post` refuses %o', async (input, status, code) => {
    const answer = await post(input)
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
  })

  it('`task.post` fills in its defaults', async () => {
    const asked: unknown[] = []
    const post = async (given: object) => {
      asked.push(given)
      return taskView('k', 'posted')
    }
    const tasks = { ...stubContext({}).tasks, post }
    const answer = await api({ tasks }).inject({
      method: 'POST',
      url: '/api/task/post',
      headers,
      payload: { prompt: 'Hi', temperature: 0.7 },
    })
    expect(answer.statusCode).toBe(200)
    expect(asked).toMatchObject([
      { prompt: 'Hi', model: null, temperature_milli: 700, seed: 0, deadlines_ms: limits.deadlines_ms },
    ])
  })

  it('`task.post` says when to retry if the queue is full', async () => {
    const full = new RippleError('RIPPLE_BUSY', { what: 'the queue of open tasks', max: 2, retry_after_s: 5 })
    const tasks = { ...stubContext({}).tasks, post: () => Promise.reject(full) }
    const url = '/api/task/post'
    const answer = await api({ tasks }).inject({ method: 'POST', url, headers, payload: { prompt: 'x' } })
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '5'])
    expect(answer.json().error).toMatchObject({
      code: 'RIPPLE_BUSY',
      hint: expect.stringContaining('5 s'),
    })
  })

  it('`task.post` says when to retry if the conductor is down', async () => {
    const down = new RippleError('RIPPLE_CONDUCTOR_DOWN', { retry_after_s: 5 })
    const tasks = { ...stubContext({}).tasks, post: () => Promise.reject(down) }
    const url = '/api/task/post'
    const answer = await api({ tasks }).inject({ method: 'POST', url, headers, payload: { prompt: 'x' } })
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
  })

  it('`task.post` waits for the end on request', async () => {
    const hub = eventHub(silentLog, () => 0)
    let state: TaskView['state'] = 'posted'
    const tasks = {
      ...stubContext({}).tasks,
      post: async () => taskView('key-of-16-bytes!', state),
      show: async () => taskView('key-of-16-bytes!', state),
    }
    const waiting = api({ tasks, events: hub }).inject({
      method: 'POST',
      url: '/api/task/post',
      headers,
      payload: { prompt: 'Hi', key: 'key-of-16-bytes!', wait: true },
    })
    setTimeout(() => {
      state = 'accepted'
      const { id, task } = taskView('key-of-16-bytes!', state)
      hub.emit({ type: 'task_state', task_key: id, task, state, peer: null })
    }, 20)
    expect((await waiting).json().state).toBe('accepted')
  })
})
