import { execFile } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const run = promisify(execFile)
const keyInUse = 'RIPPLE_KEY_IN_USE'

let mesh: Mesh
let poster: Running<Ready>
let worker: Running<Ready>

beforeAll(async () => {
  mesh = await openMesh('fork')
})

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

test(
  'an old copy of a data folder refuses to write until its chain has come back, and a copy beside it does not start',
  async () => {
    ;[poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
    await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
    await accepted('one')
    await poster.end('SIGINT')
    await copy('poster', 'old')
    poster = await mesh.up('poster')
    await until('the poster sees the worker again', () => mesh.sees('poster', worker.ready.agent))
    await accepted('two')
    await poster.end('SIGINT')
    await worker.end('SIGINT')

    await rename(join(mesh.folder, 'poster'), join(mesh.folder, 'lost'))
    await rename(join(mesh.folder, 'old'), join(mesh.folder, 'poster'))
    await copy('poster', 'twin')
    poster = await mesh.up('poster')
    const refused = await post('three')
    expect(refused).toMatchObject({ code: 1, error: { code: 'RIPPLE_CHAIN_BEHIND' } })
    const { writes, draining } = await status()
    expect({ state: writes.state, code: writes.code, draining }).toEqual({
      state: 'refused',
      code: 'RIPPLE_CHAIN_BEHIND',
      draining: true,
    })
    expect((await list()).map(({ state }) => state)).toEqual(['accepted'])
    const twin = await ripple(
      here,
      'up',
      '--port',
      '0',
      '--bootstrap',
      mesh.url,
      '--json',
      ...mesh.at('twin'),
    )
    expect(JSON.parse(twin.stdout)).toMatchObject({ error: { code: keyInUse } })

    worker = await mesh.up('worker')
    await until('the chain has come back', async () => {
      const now = await status()
      return now.writes.state === 'open' && !now.draining
    })
    await until('the poster sees the worker once more', () => mesh.sees('poster', worker.ready.agent))
    await accepted('three')
    const [three, ...older] = await list()
    expect(older.map(({ state }) => state)).toEqual(['accepted', 'accepted'])
    // Who had seen a fork would take nothing from the key any more, and could not write a Result for it.
    expect(three).toMatchObject({ state: 'accepted', worker: worker.ready.agent })
  },
  WARM_MS,
)

test(
  'a copy on another machine starts, and the first one then writes no more',
  async () => {
    await poster.end('SIGINT')
    await copy('poster', 'abroad')
    poster = await mesh.up('poster')
    const abroad = { prefix: [], env: { XDG_STATE_HOME: join(mesh.folder, 'state-abroad') } }
    const words = ['--port', '0', '--bootstrap', mesh.url, ...mesh.at('abroad')]
    await using copied = await running<Ready>(abroad, 'up', ...words)
    expect(copied.ready.agent).toBe(poster.ready.agent)
    await until('the first one writes no more', async () => (await status()).writes.code === keyInUse)
    expect(await post('four')).toMatchObject({ code: 2, error: { code: keyInUse } })
  },
  WARM_MS,
)

function status(): Promise<StatusView> {
  return rippleJson<StatusView>(here, 'status', ...mesh.at('poster'))
}

async function list(): Promise<TaskView[]> {
  return (await rippleJson<{ tasks: TaskView[] }>(here, 'task', 'list', ...mesh.at('poster'))).tasks
}

/** Copies a stopped peer's folder; sockets, which no copy needs, are left out. */
async function copy(from: string, to: string): Promise<void> {
  await rm(join(mesh.folder, from, 'conductor', 'lair', 'socket'), { force: true })
  await run('cp', ['-a', join(mesh.folder, from), join(mesh.folder, to)])
}

async function post(what: string): Promise<{ code: number | null; error: unknown }> {
  const words = ['task', 'post', '--prompt', `Say ${what}.`, '--max-tokens', '4', '--wait', '--json']
  const ran = await ripple(here, ...words, ...mesh.at('poster'))
  return { code: ran.code, error: JSON.parse(ran.stdout).error ?? null }
}

async function accepted(what: string): Promise<void> {
  expect(await post(what)).toEqual({ code: 0, error: null })
}
