import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AdminWebsocket,
  type AppInfo,
  type AppWebsocket,
  CellType,
  encodeHashToBase64,
} from '@holochain/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppWish } from '../../../../host/dht/app/install-app.ts'
import { reopenEpochs } from '../../../../host/dht/app/reopen-epochs.ts'

const me = Uint8Array.from([132, 32, 36, ...new Array(36).fill(1)])
const role = 'resource_mesh'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-reopen-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a start reopens the written epochs that are here and not left, once', async () => {
  for (const dna of ['one', 'two', 'left']) writeFileSync(join(folder, `dht-${dna}.db`), '')
  writeFileSync(join(folder, 'left-epochs'), `net-epoch5 ${encodeHashToBase64(me)}\n`)
  writeFileSync(join(folder, 'restore'), 'a key')
  const wish = {
    seed: 'net',
    epoch: { length_ms: 1_000, kept: 1, max_action_seq: 10, archive_days: null },
    leftEpochsFile: join(folder, 'left-epochs'),
    restoreFile: join(folder, 'restore'),
    databases: folder,
  } as AppWish
  const made: unknown[] = []
  const info = () =>
    ({
      agent_pub_key: me,
      cell_info: {
        [role]: made.map((network_seed) => ({
          type: CellType.Cloned,
          value: { dna_modifiers: { network_seed } },
        })),
      },
    }) as unknown as AppInfo
  const app = {
    createCloneCell: async ({ modifiers }: { modifiers: { network_seed: string } }) => {
      made.push(modifiers.network_seed)
    },
    appInfo: async () => info(),
  } as unknown as AppWebsocket
  const written = [
    { role, dna: 'one', seed: 'net-epoch3' },
    { role, dna: 'two', seed: 'net-epoch4' },
    { role, dna: 'left', seed: 'net-epoch5' },
    { role, dna: 'gone', seed: 'net-epoch6' },
    { role, dna: 'two', seed: 'another-epoch4' },
    { role, dna: 'one', seed: 'net-epoch7' },
    { role, dna: 'gone', seed: 'net-epoch7' },
  ]
  let looks = 0
  const admin = { listApps: async () => [] } as unknown as AdminWebsocket
  const checkRoom = async () => void looks++
  for (let twice = 0; twice < 2; twice++) {
    const after = await reopenEpochs(
      { admin, app, info: info(), start: { properties: { max_action_seq: 10 } }, checkRoom },
      written,
      wish,
    )
    expect(after.cell_info[role]).toHaveLength(2)
    expect(made).toEqual(['net-epoch3', 'net-epoch4'])
    expect(existsSync(wish.restoreFile)).toBe(false)
    expect(looks).toBe(2)
  }
})
