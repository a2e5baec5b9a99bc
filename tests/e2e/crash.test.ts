import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, ripple, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

let mesh: Mesh

beforeEach(async () => {
  mesh = await openMesh('crash')
})

afterEach(async () => {
  expect(await mesh.end()).toEqual([])
})

const victims = ['poster', 'worker'] as const

test.each(victims)(
  'kill -9 of the %s after the post and a restart still end in one Close',
  async (victim) => {
    const [poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
    const peers = { poster, worker }
    await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
    const posted = await rippleJson<TaskView>(
      here,
      'task',
      'post',
      '--prompt',
      'Count to ten.',
      '--max-tokens',
      '256',
      ...mesh.at('poster'),
    )
    expect(posted.task).toMatch(/^uhCkk/)
    await peers[victim].end('SIGKILL')
    await mesh.up(victim)
    await until('the task is closed', async () => (await mesh.show('poster', posted.id)).state === 'accepted')
    const done = await mesh.show('poster', posted.id)
    expect(done.receipt).not.toBeNull()
    const online = await ripple(
      here,
      'verify',
      done.receipt ?? '',
      '--online',
      '--json',
      ...mesh.at('poster'),
    )
    expect(online.code).toBe(0)
    expect(JSON.parse(online.stdout).online).toEqual([])
  },
  WARM_MS,
)
