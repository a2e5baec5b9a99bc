import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { decodeHashFromBase64 } from '@holochain/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { roleCells } from '../../host/dht/app/install-app.ts'
import { actionsAfter } from '../../host/dht/call/chain-dump.ts'
import { closeClient, connectAdmin } from '../../host/dht/call/connect.ts'
import type { StatusView, TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { conductorOrigin } from '../harness/conductor-origin.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Machine, type Running, ripple, running } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const run = promisify(execFile)
const keyInUse = 'RIPPLE_KEY_IN_USE'
/** How long what is written may take to its peers after they were started again, in milliseconds: a minute was seen. */
const GOSSIP_MS = 180_000

let mesh: Mesh
let poster: Running<Ready>
let worker: Running<Ready>
/** The poster's copy on another machine. */
let abroad: Running<Ready>

beforeAll(async () => {
  mesh = await openMesh('fork')
})

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

test(
  'an old copy of a data folder writes nothing until its chain has come back',
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
    await until(
      'the chain has come back',
      async () => {
        const now = await status()
        return now.writes.state === 'open' && !now.draining
      },
      GOSSIP_MS,
    )
    await until('the poster sees the worker once more', () => mesh.sees('poster', worker.ready.agent))
    await ripple(here, 'drain', ...mesh.at('poster'))
    await accepted('three')
    const [three, ...older] = await list()
    expect(older.map(({ state }) => state)).toEqual(['accepted', 'accepted'])
    // A machine that has seen a fork rejects the key from then on, and could not write a result for it.
    expect(three).toMatchObject({ state: 'accepted', worker: worker.ready.agent })
  },
  WARM_MS,
)

test.runIf(slow)(
  'an old copy of all that a machine keeps asks its peers before its first write',
  async () => {
    await poster.end('SIGINT')
    await copy('poster', 'abroad')
    await copyHeads()
    const up = (machine: Machine, peer: string, name: string) =>
      running<Ready>(machine, 'up', '--name', name, '--port', '0', '--bootstrap', mesh.url, ...mesh.at(peer))
    const told = (name: string) =>
      until(`the worker has the card of '${name}'`, () => hasCard('worker', name), GOSSIP_MS)
    let before: number[] = []
    {
      // With another name there is a new card to be written.
      await using _later = await up(here, 'poster', 'later')
      await told('later')
      // A card comes by itself, before the actions by which the worker knows that the copy is behind.
      await until(
        'the worker holds what the poster has written',
        async () => {
          before = await placesAt('worker')
          return before.length === (await placesAt('poster')).length
        },
        GOSSIP_MS,
      )
    }
    abroad = await up(elsewhere(), 'abroad', 'restored')
    await told('restored')
    // Of a fork the worker holds both actions that follow one. Whether a write was refused for it is no matter: where gossip was
    // quicker than the worker's word, nothing was missing any more.
    await until(
      'the worker holds what the copy has written, and no place is without its action',
      async () => {
        const places = await placesAt('worker')
        expect(places).toEqual([...new Set(places)])
        return places.length > before.length && places.every((seq, place) => seq === place)
      },
      GOSSIP_MS,
    )
    expect((await status('abroad')).writes.state).toBe('open')
  },
  WARM_MS,
)

// It goes on with the copy of the test before.
test.runIf(slow)(
  'the first of two copies on two machines stops writing',
  async () => {
    await using first = abroad
    poster = await mesh.up('poster')
    expect(poster.ready.agent).toBe(first.ready.agent)
    await until('it writes no more', async () => (await status('abroad')).writes.code === keyInUse, GOSSIP_MS)
    expect(await post('four', 'abroad')).toMatchObject({ code: 2, error: { code: keyInUse } })
  },
  WARM_MS,
)

function status(peer = 'poster'): Promise<StatusView> {
  return mesh.call<StatusView>(peer, 'status')
}

/** Whether a peer has the card of this name that the poster's key has written. */
async function hasCard(peer: string, name: string): Promise<boolean> {
  type Named = { peers: { agent: string; name: string }[] }
  const { peers } = await mesh.call<Named>(peer, 'peers')
  return peers.some((one) => one.agent === poster.ready.agent && one.name === name)
}

/** The places on the poster's chain of cards of all actions that a peer's conductor holds, in their order. */
async function placesAt(peer: string): Promise<number[]> {
  const log = await readFile(join(mesh.folder, peer, 'logs', 'ripple.log'), 'utf8')
  const port = [...log.matchAll(/"child":"conductor",[^}]*"listens":"127\.0\.0\.1:(\d+)"/g)].at(-1)?.[1]
  const admin = await connectAdmin(Number(port), await conductorOrigin(join(mesh.folder, peer)))
  try {
    const cells = (await admin.listApps({})).flatMap(roleCells)
    const dna = cells.find(({ role }) => role === 'agent_registry')?.cell[0] ?? new Uint8Array()
    const held = await actionsAfter(admin, [dna, decodeHashFromBase64(poster.ready.agent)], null, 100)
    return held?.map(({ seq }) => seq) ?? []
  } finally {
    await closeClient(admin.client)
  }
}

async function list(): Promise<TaskView[]> {
  return (await mesh.call<{ tasks: TaskView[] }>('poster', 'task.list')).tasks
}

/** Copies a stopped peer's folder; sockets, which no copy needs, are left out. */
async function copy(from: string, to: string): Promise<void> {
  await rm(join(mesh.folder, from, 'conductor', 'lair', 'socket'), { force: true })
  await run('cp', ['-a', join(mesh.folder, from), join(mesh.folder, to)])
}

/** Another machine, with a home of its own. */
function elsewhere(): Machine {
  return { prefix: [], env: { XDG_STATE_HOME: join(mesh.folder, 'state-abroad') } }
}

/** Copies what this machine remembers of the stopped poster's heads to the other one. */
async function copyHeads(): Promise<void> {
  const folder = join(mesh.folder, 'state-abroad', 'ripple', 'heads')
  await mkdir(folder, { recursive: true })
  const file = `${poster.ready.agent}.sqlite`
  await copyFile(join(userPaths(readEnv(), process.platform).heads, file), join(folder, file))
}

async function post(what: string, peer = 'poster'): Promise<{ code: number | null; error: unknown }> {
  const words = ['task', 'post', '--prompt', `Say ${what}.`, '--max-tokens', '4', '--wait', '--json']
  const ran = await ripple(here, ...words, ...mesh.at(peer))
  return { code: ran.code, error: JSON.parse(ran.stdout).error ?? null }
}

async function accepted(what: string): Promise<void> {
  expect(await post(what)).toEqual({ code: 0, error: null })
}
