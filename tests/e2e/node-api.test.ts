// Tests the node API of a real daemon: its machines, a scheduled task, and that task's log by both ways.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import type { Running } from '../harness/peer.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const TASK = 'node-api-task-0001'

let mesh: Mesh
let daemon: Running<Ready>
let authorization = ''

beforeAll(async () => {
  mesh = await openMesh('node-api')
  daemon = await mesh.up('one')
  authorization = `Bearer ${(await readFile(daemon.ready.api.token_file, 'utf8')).trim()}`
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

async function call(path: string, body?: object): Promise<{ status: number; body: Record<string, never> }> {
  const headers = { authorization, 'content-type': 'application/json' }
  const how = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`${daemon.ready.api.url}${path}`, { headers, ...how })
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}

test('a client of the node API registers, and finds the machine by its id', async () => {
  const { node_id, node_token } = (await call('/register', { name: 'one', agent_version: '0.1' })).body
  expect([node_id, `Bearer ${node_token}`]).toEqual([daemon.ready.agent, authorization])
  expect((await call(`/api/v1/nodes/${node_id}/heartbeat`, { cpu: 1 })).body).toMatchObject({
    status: 'online',
  })
  expect((await call('/api/v1/nodes')).body).toMatchObject({ nodes: [{ id: node_id, name: 'one' }] })
  expect((await call('/capacity')).body).toMatchObject({ nodes: 1, online: 1 })
})

test('a deployment is planned for this machine and answered with 501', async () => {
  const deployment = { deployment_id: crypto.randomUUID(), template_id: 'ollama' }
  const { status, body } = await call('/deploy', deployment)
  expect([status, body.error]).toMatchObject([501, { code: 'RIPPLE_NO_EXECUTOR' }])
  expect(body.plan).toMatchObject({
    node: { id: daemon.ready.agent },
    missing: ['model_path', 'models_path'],
  })
})

test('a scheduled task is a pod, and both logs follow it to its end', async () => {
  expect((await call('/schedule', { plan: true })).body.first).toEqual([daemon.ready.agent])
  const posted = await call('/schedule', { prompt: 'Name three rivers.', key: TASK, max_tokens: 8 })
  expect(posted).toMatchObject({ status: 200, body: { id: TASK } })
  const { url } = daemon.ready.api
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/logs?deployment=${TASK}`, {
    headers: { authorization },
  } as never)
  const told: string[] = []
  socket.addEventListener('message', ({ data }) => told.push(String(data)))
  const [stream, [closed]] = await Promise.all([
    fetch(`${url}/api/v1/deployments/${TASK}/logs`, { headers: { authorization } }),
    once(socket as never, 'close') as Promise<[CloseEvent]>,
  ])
  expect(closed.code).toBe(1_000)
  const lines = [...(await stream.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data)
  expect(lines).toEqual(told)
  const states = lines.map((line) => JSON.parse(line).state).filter((state) => state !== undefined)
  expect([states[0], states.at(-1)]).toEqual(['posted', 'accepted'])
  expect(lines.some((line) => JSON.parse(line).type === 'task_text')).toBe(true)
  expect((await call('/pods')).body).toEqual({ pods: [] })
})
