// Tests the node API over a context without a daemon.
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Context, TaskWish } from '../../../../host/operations/context.ts'
import { eventHub } from '../../../../host/telemetry/events.ts'
import type { Principal } from '../../../../host/types/principal.ts'
import { peer } from '../../mesh/fixtures.ts'
import { listeningApi, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'
import { taskView } from '../task-view.ts'

const DEPLOYMENT = '0b7c1c1e-8f0a-4c1e-9d56-0d1f2a3b4c5d'
const self = 'uhCAkself'
const readKey = 'r'.repeat(43)
const reader: Principal = { kind: 'key', name: 'reader', scopes: ['read'] }
const machine = (agent: string, name: string) => {
  const seen = peer(agent, { name, tags: ['infra'], cpu_cores: 4, ram_gb: 8 })
  return { ...seen, seenAt: Date.now(), link: { state: 'open' as const, at: 0, openedAt: 0 } }
}

function parts(more: Partial<Context> = {}): Partial<Context> {
  const { tasks, keys, inference } = stubContext({})
  return {
    peers: async () => [machine(self, 'desk'), machine('uhCAkother', 'attic')],
    inference: { ...inference, models: () => [] },
    keys: { ...keys, find: (key) => (key === readKey ? reader : null) },
    tasks: { ...tasks, list: async () => [taskView('a', 'running'), taskView('b', 'accepted')] },
    ...more,
  }
}

async function api(more: Partial<Context> = {}) {
  const { app, url, port } = await listeningApi(parts(more))
  onTestFinished(() => app.close())
  const call = async (path: string, body?: object, key = token) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const how = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${url}${path}`, { headers, ...how })
    return { status: answer.status, body: (await answer.json()) as Record<string, never> }
  }
  return { call, url, port }
}

describe('reads of the node API', () => {
  test('the machines are listed in the node model', async () => {
    const { call } = await api()
    const { nodes } = (await call('/api/v1/nodes', undefined, readKey)).body
    expect(nodes).toMatchObject([
      { id: self, name: 'desk', cpu_count: 4, total_memory_mb: 8_192, status: 'online', tags: ['infra'] },
      {
        id: 'uhCAkother',
        name: 'attic',
        disks: [{ mount: '/', free_mb: 65_536 }],
        docker: { available: false },
      },
    ])
  })

  test('the capacity sums up the machines that are there', async () => {
    const { call } = await api()
    expect((await call('/capacity', undefined, readKey)).body).toMatchObject({
      ...{ nodes: 2, online: 2, cpu_count: 8, total_memory_mb: 16_384, free_disk_mb: 131_072, gpus: 0 },
      models: ['sim'],
    })
  })

  test('pods are the open tasks', async () => {
    const { call } = await api()
    expect((await call('/pods', undefined, readKey)).body).toMatchObject({
      pods: [{ id: 'a', state: 'running' }],
    })
  })

  test('templates have their images', async () => {
    const { call } = await api()
    const { templates } = (await call('/api/v1/templates', undefined, readKey)).body
    expect(templates).toContainEqual(
      expect.objectContaining({ id: 'postgres', image: 'postgres:16', port: 5432 }),
    )
  })
})

describe('writes of the node API', () => {
  const deployment = {
    deployment_id: DEPLOYMENT,
    template_id: 'redis',
    env: { volume_path: '/data', more: '1' },
  }

  test.each([
    '/schedule',
    '/evict',
    '/register',
    '/heartbeat',
    '/deploy',
    '/api/v1/nodes/register',
    `/api/v1/nodes/${self}/heartbeat`,
    `/api/v1/nodes/${self}/deploy`,
  ])('%s needs admin', async (path) => {
    const { status, body } = await (await api()).call(path, {}, readKey)
    expect([status, body.error]).toMatchObject([403, { code: 'RIPPLE_SCOPE_REFUSED' }])
  })

  test.each(['/register', '/api/v1/nodes/register'])('%s gives the id of this machine', async (path) => {
    const { call, url } = await api()
    expect((await call(path, { name: 'desk', agent_version: '0.1', capabilities: {} })).body).toEqual({
      ...{ node_id: self, node_token: token, control_plane_url: url },
      ripple: { ignored: ['capabilities', 'agent_version'] },
    })
  })

  test.each([
    ['attic', 409, 'RIPPLE_NODE_FOREIGN'],
    ['nobody', 404, 'RIPPLE_NODE_UNKNOWN'],
  ])('a registration of %s is refused', async (name, status, code) => {
    expect(await (await api()).call('/register', { name })).toMatchObject({
      status,
      body: { error: { code } },
    })
  })

  test('a heartbeat names the fields that change nothing', async () => {
    const { call } = await api()
    const beat = { cpu: 3, mem: 4, gpu_util: 0, running_containers: [] }
    const expected = {
      node_id: self,
      status: 'online',
      next_heartbeat_s: 30,
      ripple: { ignored: Object.keys(beat) },
    }
    expect((await call(`/api/v1/nodes/${self}/heartbeat`, beat)).body).toEqual(expected)
    expect((await call('/heartbeat', beat)).body).toEqual(expected)
    expect((await call('/api/v1/nodes/attic/heartbeat', beat)).status).toBe(409)
  })

  test.each([`/api/v1/nodes/attic/deploy`, '/deploy'])('%s plans and answers 501', async (path) => {
    const { status, body } = await (await api()).call(path, deployment)
    expect([status, body.error]).toMatchObject([501, { code: 'RIPPLE_NO_EXECUTOR' }])
    expect(body.plan).toMatchObject({
      ...{ node: { name: path === '/deploy' ? 'desk' : 'attic' }, missing: [], unknown: ['more'] },
      steps: [{ step: 'pull_image' }, { step: 'create_volume' }, { step: 'run_compose' }, { step: 'exec' }],
    })
  })

  test.each<[string, object, number, string]>([
    ['an unknown template', { ...deployment, template_id: 'x' }, 404, 'RIPPLE_TEMPLATE_UNKNOWN'],
    ['an id that is no UUID', { ...deployment, deployment_id: '1' }, 400, 'RIPPLE_BODY_INVALID'],
    ['another action', { ...deployment, action: 'run' }, 400, 'RIPPLE_BODY_INVALID'],
    ['an unknown machine', { ...deployment, node_id: 'x' }, 404, 'RIPPLE_NODE_UNKNOWN'],
  ])('a deployment with %s is refused', async (_case, body, status, code) => {
    expect(await (await api()).call('/deploy', body)).toMatchObject({ status, body: { error: { code } } })
  })

  test('a schedule posts a task, and plans one', async () => {
    const posted: TaskWish[] = []
    const { tasks } = parts()
    const plan = () => ({ first: [self], peers: [], missing: [] })
    const post = async (wish: TaskWish) => {
      posted.push(wish)
      return taskView(wish.key, 'posted')
    }
    const { call } = await api({ tasks: { ...(tasks as Context['tasks']), post, plan } })
    const wanted = { prompt: 'Hi', key: 'a-key-of-this-test', memory_mib: 64 }
    expect((await call('/schedule', { ...wanted, plan: true })).body).toMatchObject({ first: [self] })
    expect(await call('/schedule', { ...wanted, plan: true, memory_mb: 64 })).toMatchObject({ status: 400 })
    expect(posted).toEqual([])
    expect((await call('/schedule', wanted)).body).toMatchObject({ id: wanted.key, state: 'posted' })
    expect(posted).toMatchObject([{ prompt: 'Hi', requirements: { memory_mib: 64 } }])
  })

  test('an eviction cancels a task, and a deployment has no executor', async () => {
    const { tasks } = parts()
    const of = { find: async (id: string) => id, cancel: async (id: string) => taskView(id, 'cancelled') }
    const { call } = await api({ tasks: { ...(tasks as Context['tasks']), ...of } })
    expect((await call('/evict', { id: 'my-task' })).body).toMatchObject({
      id: 'my-task',
      state: 'cancelled',
    })
    expect(await call('/evict', { deployment_id: DEPLOYMENT })).toMatchObject({
      ...{ status: 501, body: { error: { code: 'RIPPLE_NO_EXECUTOR' } } },
    })
  })
})

describe('logs of the node API', () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const key = 'key-of-the-task'

  function world() {
    const hub = eventHub(log as never, () => 0, { run: 'run' })
    const { tasks } = parts()
    const of = {
      find: async (id: string) => (id === key ? 'uhCkk' : null),
      show: async () => taskView(key, 'running'),
    }
    const say = (state: string) =>
      hub.emit({ type: 'task_state', task_key: key, task: 'uhCkk', state, peer: null })
    say('granted')
    hub.emit({ type: 'task_text', task_key: 'another', text: 'x' })
    return { say, hub, context: { events: hub, tasks: { ...(tasks as Context['tasks']), ...of } } }
  }

  test('server-sent events are those of the task, and end with it', async () => {
    const { say, hub, context } = world()
    const { url } = await api(context)
    const headers = { authorization: `Bearer ${readKey}` }
    const answer = await fetch(`${url}/api/v1/deployments/${key}/logs`, { headers })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    hub.emit({ type: 'task_text', task_key: key, text: 'a piece' })
    say('accepted')
    say('running')
    const events = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
      JSON.parse(data),
    )
    expect(events.map(({ type, state, text }) => [type, state ?? text])).toEqual([
      ['task_state', 'granted'],
      ['task_text', 'a piece'],
      ['task_state', 'accepted'],
    ])
  })

  test('an unknown task has no log', async () => {
    const { call } = await api(world().context)
    const { status, body } = await call('/api/v1/deployments/nobody/logs')
    expect([status, body.error]).toMatchObject([404, { code: 'RIPPLE_TASK_UNKNOWN' }])
  })

  test('a WebSocket gets the same events, and closes with the task', async () => {
    const { say, context } = world()
    const { port } = await api(context)
    const options = { headers: { authorization: `Bearer ${readKey}` } }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/logs?deployment=${key}`, options as never)
    const states: string[] = []
    socket.addEventListener('message', ({ data }) => {
      const { state } = JSON.parse(String(data))
      states.push(state)
      if (state === 'granted') say('accepted')
    })
    const [closed] = (await once(socket as never, 'close')) as [CloseEvent]
    expect([states, closed.code]).toEqual([['granted', 'accepted'], 1_000])
  })

  test.each<[string, string, Record<string, string>, number]>([
    ['no key', key, { authorization: '' }, 401],
    ['a key without the scope', key, { authorization: `Bearer ${'b'.repeat(43)}` }, 403],
    ['the origin of another site', key, { origin: 'https://elsewhere.example' }, 403],
    ['another host', key, { host: 'elsewhere.example' }, 403],
    ['an unknown task', 'nobody', {}, 404],
    ['no task', '', {}, 400],
  ])('a WebSocket with %s is refused', async (_case, id, headers, status) => {
    const { port } = await api(world().context)
    expect(await upgrade(port, `/ws/logs?deployment=${id}`, headers)).toBe(status)
  })

  test('a refused connection ends, also if its client keeps its side open', async () => {
    const { port } = await api()
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const wish = [
      'GET /ws/logs HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      'connection: Upgrade',
      'upgrade: websocket',
    ]
    socket.write(`${wish.join('\r\n')}\r\n\r\n`)
    socket.resume()
    await once(socket, 'end')
    const written = async () => {
      socket.write('still here')
      return socket.destroyed
    }
    socket.on('error', () => {})
    await expect.poll(written).toBe(true)
  })

  test('another path ignores the wish for a WebSocket', async () => {
    const { port } = await api()
    expect(await upgrade(port, '/health', {})).toBe(200)
  })

  /** Asks for a WebSocket, and returns the status of the answer. */
  async function upgrade(port: number, path: string, headers: Record<string, string>): Promise<number> {
    const wish = {
      ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', authorization: `Bearer ${readKey}`, ...headers },
    }
    const asked = request({ host: '127.0.0.1', port, path, headers: wish })
    asked.end()
    const answer = await new Promise<number>((done, fail) => {
      asked.once('response', ({ statusCode = 0 }) => done(statusCode))
      asked.once('upgrade', () => done(101))
      asked.once('error', fail)
    })
    asked.destroy()
    return answer
  }
})
