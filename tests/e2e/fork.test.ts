import { execFile } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { here, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

const run = promisify(execFile)

let folder: string
let url: string
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-fork-'))
  const server = await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server'))
  stack.use(server)
  url = server.ready.url
})

afterAll(async () => {
  await stack.disposeAsync()
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

test(
  'an old copy of a data folder refuses to write until its chain has come back, and a copy beside it does not start',
  async () => {
    let [poster, worker] = await Promise.all([up('poster'), up('worker')])
    await until('the poster sees the worker', () => sees('poster', worker.ready.agent))
    await accepted('one')
    await poster.end('SIGINT')
    await copy('poster', 'old')
    poster = await up('poster')
    await until('the poster sees the worker again', () => sees('poster', worker.ready.agent))
    await accepted('two')
    await poster.end('SIGINT')
    await worker.end('SIGINT')

    await rename(join(folder, 'poster'), join(folder, 'lost'))
    await rename(join(folder, 'old'), join(folder, 'poster'))
    await copy('poster', 'twin')
    poster = await up('poster')
    const refused = await post('three')
    expect(refused).toMatchObject({ code: 1, error: { code: 'RIPPLE_CHAIN_BEHIND' } })
    const { writes, draining } = await rippleJson<StatusView>(here, 'status', ...at('poster'))
    expect({ state: writes.state, code: writes.code, draining }).toEqual({
      state: 'refused',
      code: 'RIPPLE_CHAIN_BEHIND',
      draining: true,
    })
    const { tasks } = await rippleJson<{ tasks: TaskView[] }>(here, 'task', 'list', ...at('poster'))
    expect(tasks.map(({ state }) => state)).toEqual(['accepted'])
    const twin = await ripple(here, 'up', '--port', '0', '--bootstrap', url, '--json', ...at('twin'))
    expect(JSON.parse(twin.stdout)).toMatchObject({ error: { code: 'RIPPLE_KEY_IN_USE' } })

    worker = await up('worker')
    await until('the chain has come back', async () => {
      const now = await rippleJson<StatusView>(here, 'status', ...at('poster'))
      return now.writes.state === 'open' && !now.draining
    })
    await until('the poster sees the worker once more', () => sees('poster', worker.ready.agent))
    await accepted('three')
    const list = await rippleJson<{ tasks: TaskView[] }>(here, 'task', 'list', ...at('poster'))
    expect(list.tasks.map(({ state }) => state)).toEqual(['accepted', 'accepted', 'accepted'])
  },
  WARM_MS,
)

function at(name: string): string[] {
  return ['--data', join(folder, name)]
}

/** Copies a stopped peer's folder; sockets, which no copy needs, are left out. */
async function copy(from: string, to: string): Promise<void> {
  await rm(join(folder, from, 'conductor', 'lair', 'socket'), { force: true })
  await run('cp', ['-a', join(folder, from), join(folder, to)])
}

async function up(name: string, ...more: string[]): Promise<Running<Ready>> {
  const data = await warmData(folder, name)
  const words = ['up', '--data', data, '--name', name, '--port', '0', '--bootstrap', url, ...more]
  const peer = await running<Ready>(here, ...words)
  stack.use(peer)
  return peer
}

async function sees(name: string, other: string): Promise<boolean> {
  const seen = await rippleJson<{ peers: { agent: string; state: string }[] }>(here, 'peers', ...at(name))
  return seen.peers.some(({ agent, state }) => agent === other && state === 'online')
}

async function post(what: string): Promise<{ code: number | null; error: unknown }> {
  const words = ['task', 'post', '--prompt', `Say ${what}.`, '--max-tokens', '4', '--wait', '--json']
  const ran = await ripple(here, ...words, ...at('poster'))
  return { code: ran.code, error: JSON.parse(ran.stdout).error ?? null }
}

async function accepted(what: string): Promise<void> {
  expect(await post(what)).toEqual({ code: 0, error: null })
}
