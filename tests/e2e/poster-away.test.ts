import { mkdtemp, readFile, rm } from 'node:fs/promises'
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
  folder = await mkdtemp(join(tmpdir(), 'ripple-away-'))
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

test(
  'a task goes on while its poster is off, and the poster collects the result when it is back',
  async () => {
    const [poster, worker] = await Promise.all([up('poster'), up('worker')])
    await until('the poster sees the worker', () => sees('poster', worker.ready.agent))
    // A task that is done shows that the two conductors have met; before that, what is written is told to nobody, and how
    // many hold it is known only minutes later.
    const first = ['--prompt', 'Name a colour.', '--max-tokens', '4', '--wait']
    expect((await ripple(here, 'task', 'post', ...first, ...at('poster'))).code).toBe(0)
    // Machines that drain take no grant, so that nobody has the task when its poster goes.
    await ripple(here, 'drain', ...at('worker'))
    await ripple(here, 'drain', ...at('poster'))
    const asked = ['--prompt', 'Count to ten.', '--max-tokens', '16', '--fallback-after', '2s']
    const { id } = await rippleJson<TaskView>(here, 'task', 'post', ...asked, ...at('poster'))
    await until('another machine holds the task', async () => ((await show(id)).held_by ?? 0) > 0)
    await poster.end('SIGINT')
    await ripple(here, 'drain', '--off', ...at('worker'))
    await until('the worker has run it', () => wrote('worker', '"entry":"Result"'))
    await up('poster')
    await until('the task is accepted', async () => (await show(id)).state === 'accepted')
    const done = await show(id)
    expect(done).toMatchObject({ attempts: [], claims: [{ worker: worker.ready.agent, verdict: 'ok' }] })
    expect(done.output?.text).toBeTruthy()
    const checked = await ripple(here, 'verify', done.receipt ?? '', '--online', '--json', ...at('poster'))
    expect(JSON.parse(checked.stdout)).toMatchObject({ online: [], worker: worker.ready.agent })
    expect(checked.code).toBe(0)
  },
  WARM_MS,
)

function at(name: string): string[] {
  return ['--data', join(folder, name)]
}

async function up(name: string): Promise<Running<Ready>> {
  const data = await warmData(folder, name)
  const flags = ['--name', name, '--port', '0', '--bootstrap', url]
  const peer = await running<Ready>(here, 'up', '--data', data, ...flags)
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

/** Whether a peer's history says so. */
async function wrote(name: string, words: string): Promise<boolean> {
  const history = await readFile(join(folder, name, 'logs', 'history.ndjson'), 'utf8').catch(() => '')
  return history.includes(words)
}

function show(id: string): Promise<TaskView> {
  return rippleJson<TaskView>(here, 'task', 'show', id, ...at('poster'))
}
