import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { here, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

let folder: string
let stack: AsyncDisposableStack
let url: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-crash-'))
  stack = new AsyncDisposableStack()
  const server = await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server'))
  stack.use(server)
  url = server.ready.url
})

afterEach(async () => {
  await stack.disposeAsync()
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

const victims = ['poster', 'worker'] as const

test.each(victims)(
  'kill -9 of the %s after the post and a restart still end in one Close',
  async (victim) => {
    const [poster, worker] = await Promise.all([up('poster'), up('worker')])
    const peers = { poster, worker }
    await until('the poster sees the worker', () => sees('poster', worker.ready.agent))
    const posted = await rippleJson<TaskView>(
      here,
      'task',
      'post',
      '--prompt',
      'Count to ten.',
      '--max-tokens',
      '256',
      ...at('poster'),
    )
    expect(posted.task).toMatch(/^uhCkk/)
    await peers[victim].end('SIGKILL')
    await up(victim)
    await until('the task is closed', async () => (await show(posted.id)).state === 'accepted')
    const done = await show(posted.id)
    expect(done.receipt).not.toBeNull()
    const online = await ripple(here, 'verify', done.receipt ?? '', '--online', '--json', ...at('poster'))
    expect(online.code).toBe(0)
    expect(JSON.parse(online.stdout).online).toEqual([])
  },
  WARM_MS,
)

function at(name: string): string[] {
  return ['--data', join(folder, name)]
}

async function up(name: string): Promise<Running<Ready>> {
  const data = await warmData(folder, name)
  const peer = await running<Ready>(
    here,
    'up',
    '--data',
    data,
    '--name',
    name,
    '--port',
    '0',
    '--bootstrap',
    url,
  )
  stack.use(peer)
  return peer
}

async function sees(name: string, other: string): Promise<boolean> {
  const { peers } = await rippleJson<{ peers: { agent: string; state: string }[] }>(
    here,
    'peers',
    ...at(name),
  )
  return peers.some(({ agent, state }) => agent === other && state === 'online')
}

function show(id: string): Promise<TaskView> {
  return rippleJson<TaskView>(here, 'task', 'show', id, ...at('poster'))
}
