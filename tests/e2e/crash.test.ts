import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const victims = ['poster', 'worker'] as const

let mesh: Mesh
let peers: Record<(typeof victims)[number], Running<Ready>>

beforeAll(async () => {
  mesh = await openMesh('crash')
  const [poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
  peers = { poster, worker }
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

test.each(victims)(
  'kill -9 of the %s after the post and a restart still end in one Close',
  async (victim) => {
    await until('the poster sees the worker', () => mesh.sees('poster', peers.worker.ready.agent))
    const asked = ['--prompt', 'Count to ten.', '--max-tokens', '256']
    const posted = await rippleJson<TaskView>(here, 'task', 'post', ...asked, ...mesh.at('poster'))
    expect(posted.task).toMatch(/^uhCkk/)
    await peers[victim].end('SIGKILL')
    peers[victim] = await mesh.up(victim)
    await until('the task is closed', async () => (await mesh.show('poster', posted.id)).state === 'accepted')
    const done = await mesh.show('poster', posted.id)
    expect(done.receipt).not.toBeNull()
    const checked = ['verify', done.receipt ?? '', '--online', '--json', ...mesh.at('poster')]
    const online = await ripple(here, ...checked)
    expect(online.code).toBe(0)
    expect(JSON.parse(online.stdout).online).toEqual([])
  },
  WARM_MS,
)
