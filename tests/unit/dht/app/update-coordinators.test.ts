import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  type AdminWebsocket,
  type AppInfo,
  encodeHashToBase64,
  type UpdateCoordinatorsRequest,
} from '@holochain/client'
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { happFiles } from '../../../../host/daemon/machine/files.ts'
import { readHapp } from '../../../../host/dht/app/happ.ts'
import { appName, installApp } from '../../../../host/dht/app/install-app.ts'

const happ = await readHapp(happFiles)
const cell: [Uint8Array, Uint8Array] = [new Uint8Array(39), new Uint8Array(39)]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-happ-'))
})
afterEach(() => rm(folder, { recursive: true }))

function wish(lastRun: string, file = happ.file) {
  const epoch = { length_ms: 1_000, kept: 1, max_action_seq: 10, archive_days: null }
  const [leftFile, leftEpochsFile] = [join(folder, 'left'), join(folder, 'left-epochs')]
  return {
    happ: { ...happ, file },
    seed: 'seed',
    epoch,
    membership: null,
    dropOthers: false,
    lastRun,
    leftFile,
    leftEpochsFile,
    lastAppFile: join(folder, 'app'),
    restoreFile: join(folder, 'restore'),
    databases: folder,
  }
}

/** A conductor that has the app, or installs it, enabled or not; `updates` are the coordinators that it is given, `installs` its apps. */
function conductor(has: boolean, status: 'enabled' | 'disabled' = 'enabled') {
  const info = Object.fromEntries(
    happ.roles.map((role) => [role, [{ type: 'provisioned', value: { cell_id: cell } }]]),
  )
  const app = {
    installed_app_id: appName(wish('')),
    status: { type: status },
    cell_info: info,
  } as unknown as AppInfo
  const updates: UpdateCoordinatorsRequest[] = []
  const installs: unknown[] = []
  const admin = {
    listApps: async () => (has ? [app] : []),
    generateAgentPubKey: async () => cell[1],
    installApp: async (request: unknown) => {
      installs.push(request)
      return app
    },
    updateCoordinators: async (update: UpdateCoordinatorsRequest) => void updates.push(update),
  } as unknown as AdminWebsocket
  return { admin, updates, installs }
}

describe('an app that is there already', () => {
  test("an installed app gets each role's new coordinator zomes and nothing else", async () => {
    const { admin, updates } = conductor(true)
    await installApp(admin, wish('0'.repeat(64)))
    expect(updates).toHaveLength(happ.roles.length)
    const names = updates.map(({ source }) => (source.type === 'bundle' ? source.value.manifest.zomes : []))
    expect(names.flat().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['capabilities', 'scheduling']),
    )
    for (const { source } of updates) {
      if (source.type !== 'bundle') expect.unreachable()
      const { manifest, resources } = source.value
      expect(Object.keys(resources).sort()).toEqual(
        [...new Set(manifest.zomes.map(({ path }) => path))].sort(),
      )
      for (const wasm of Object.values(resources))
        expect(Buffer.from(wasm.slice(0, 4)).toString()).toBe('\0asm')
    }
  })

  test('an installed app keeps its coordinator zomes while the hApp is the same', async () => {
    const { admin, updates } = conductor(true)
    await installApp(admin, wish(happ.sha256))
    expect(updates).toEqual([])
  })

  test('each left app is noted once, and none is forgotten', async () => {
    const { admin } = conductor(true)
    const [app] = await admin.listApps({})
    const other = { ...app, installed_app_id: 'left.again', status: { type: 'enabled' } } as AppInfo
    const leaving = Object.assign(admin, {
      listApps: async () => [app, other],
      disableApp: async () => undefined,
    }) as AdminWebsocket
    const leave = { ...wish(happ.sha256), dropOthers: true }
    await writeFile(leave.leftFile, 'left.again\nold\n')
    for (let times = 0; times < 3; times++) await installApp(leaving, leave)
    expect(await readFile(leave.leftFile, 'utf8')).toBe('old\nleft.again\n')
  })

  test('an installed app is refused with the reason if its update fails', async () => {
    const bundle = { manifest: { roles: [{ name: 'one', dna: { path: 'one.dna' } }] }, resources: {} }
    for (const [name, content, reason] of [
      ['no.happ', 'no hApp', /incorrect header/],
      ['short.happ', gzipSync(encode(bundle)), /'one.dna' is not in the bundle/],
    ] as const) {
      const file = join(folder, name)
      await writeFile(file, content)
      const opening = installApp(conductor(true).admin, wish('', file))
      await expect(opening).rejects.toMatchObject({
        code: 'RIPPLE_HAPP_MISMATCH',
        message: expect.stringMatching(reason),
      })
    }
  })
})

test.each([
  [
    `CellWithoutGenesis(CellId(DnaHash(uhC0kA), AgentPubKey(uhCAk)))`,
    { code: 'RIPPLE_CHAIN_LOST', facts: { dna: 'uhC0kA' } },
  ],
  ['the conductor is gone', { message: 'the conductor is gone' }],
])('an app that cannot be enabled is refused with the reason: %s', async (words, reason) => {
  const { admin } = conductor(true, 'disabled')
  admin.enableApp = () => Promise.reject(new Error(words))
  await expect(installApp(admin, wish(happ.sha256))).rejects.toMatchObject(reason)
})

test('a newly installed app has the right coordinator zomes', async () => {
  const { admin, updates } = conductor(false)
  await installApp(admin, wish(''))
  expect(updates).toEqual([])
})

describe('chains that were moved aside', () => {
  const key = Uint8Array.from([132, 32, 36, ...new Array(36).fill(7)])
  const agent = encodeHashToBase64(key)
  const id = appName({ happ, seed: 'seed', membership: null })

  test("chains that were moved aside are fetched from their app's peers", async () => {
    for (const note of [`${agent}\n`, `${agent}\n${id}\n`]) {
      await writeFile(wish('').restoreFile, note)
      const { admin, installs } = conductor(false)
      expect(await installApp(admin, wish(''))).toMatchObject({ fresh: false, chains: 'peers' })
      expect(installs).toMatchObject([{ agent_key: key, restore_from_dht: true }])
      // The note stays until the epochs have come too, however often it is started until then.
      const again = conductor(true)
      expect(await installApp(again.admin, wish(''))).toMatchObject({
        fresh: false,
        chains: 'peers',
      })
      expect(again.installs).toEqual([])
      expect(await readFile(wish('').restoreFile, 'utf8')).toBe(note)
    }
    await rm(wish('').restoreFile)
  })

  test('chains go on if only the list of cells was moved', async () => {
    const { restoreFile, leftFile } = wish('')
    await writeFile(restoreFile, `${agent}\n${id}\nhere\n`)
    // A session that was left and joined again is in that file, and its key is the one of now.
    await writeFile(leftFile, `${id}\n`)
    for (const installed of [false, true]) {
      const { admin, installs } = conductor(installed)
      expect(await installApp(admin, wish(''))).toMatchObject({ fresh: false, chains: 'here' })
      expect(installs).toMatchObject(installed ? [] : [{ agent_key: key }])
      for (const request of installs) expect(request).not.toHaveProperty('restore_from_dht')
      expect(await readFile(restoreFile, 'utf8')).toContain(agent)
    }
    await rm(restoreFile)
    await rm(leftFile)
  })

  test('chains of an ended session begin afresh with the same key', async () => {
    const { restoreFile, lastAppFile, leftFile } = wish('')
    await writeFile(restoreFile, `${agent}\nseed-of-before.${happ.identity}\n`)
    const { admin, installs } = conductor(false)
    expect(await installApp(admin, wish(''))).toMatchObject({ fresh: true })
    expect(installs).toMatchObject([{ agent_key: key }])
    expect(installs[0]).not.toHaveProperty('restore_from_dht')
    await expect(readFile(restoreFile)).rejects.toThrow()
    expect(await readFile(lastAppFile, 'utf8')).toBe(`${id}\n`)
    expect(await readFile(leftFile, 'utf8')).toBe(`seed-of-before.${happ.identity}\n`)
  })
})
