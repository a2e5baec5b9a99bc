// Tests webhooks of a real daemon with a receiver that fails twice.
import { createHmac } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const SECRET = 'a secret of this test'
const PROMPT = 'Name three rivers of the north.'
/** The tries that the receiver answers with an error. */
const FAILURES = 2

let mesh: Mesh
let daemon: Running<Ready>
interface Got {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
const nothing: Got = { headers: {}, body: '' }
const got: Got[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  got.push({ headers: request.headers, body })
  response.writeHead(got.length <= FAILURES ? 503 : 204).end()
})

beforeAll(async () => {
  mesh = await openMesh('webhooks')
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ripple`
  const settings = { webhooks: [{ url, secret: 'hook' }], policy: { deny_public: true } }
  await mkdir(join(mesh.folder, 'ripple'))
  await writeFile(join(mesh.folder, 'ripple', 'config.yaml'), stringify(settings))
  vi.stubEnv('XDG_CONFIG_HOME', mesh.folder)
  vi.stubEnv('RIPPLE_SECRET_HOOK', SECRET)
  daemon = await mesh.up('one')
}, WARM_MS)

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  expect(await mesh.end()).toEqual([])
  vi.unstubAllEnvs()
})

test('an accepted task is delivered after two failures, signed and without prompt and answer', async () => {
  const input = { prompt: PROMPT, key: 'webhook-test-key-1', max_tokens: 4, wait: true }
  const { task, output } = await mesh.call<TaskView>('one', 'task.post', input)
  await until('the third try arrives', async () => got.length > FAILURES)
  expect(got.length).toBe(FAILURES + 1)
  expect(new Set(got.map(({ body }) => body)).size).toBe(1)
  const [{ headers, body } = nothing] = got.slice(-1)
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signature = createHmac('sha256', SECRET).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${signature}`)
  const { agent } = daemon.ready
  const data = { agent, task_key: input.key, task, state: 'accepted', worker: agent, why: null }
  expect(JSON.parse(body)).toEqual({ type: 'accepted', timestamp: expect.any(String), data })
  expect(output?.text).toBeTruthy()
  const log = await readFile(join(mesh.folder, 'one', 'logs', 'ripple.log'), 'utf8')
  expect(log).not.toContain(SECRET)
})

test('a refusal by the policy is delivered with its rule', async () => {
  const before = got.length
  const words = ['task', 'post', '--prompt', PROMPT, '--public', ...mesh.at('one')]
  expect((await ripple(here, ...words)).code).not.toBe(0)
  await until('the refusal arrives', async () => got.length > before)
  const { type, data } = JSON.parse(got.at(-1)?.body ?? '')
  expect([type, data.point, data.rule]).toEqual(['refused', 'post', 'post.public_denied'])
  expect(got.at(-1)?.body).not.toContain('rivers')
})
