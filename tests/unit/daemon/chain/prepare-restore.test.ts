import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataPaths } from '../../../../host/config/paths.ts'
import { prepareRestore } from '../../../../host/daemon/chain/prepare-restore.ts'
import { openSqliteJournal } from '../../../../host/work/journal/sqlite.ts'

let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'ripple-restore-'))
})
afterEach(() => {
  rmSync(data, { recursive: true, force: true })
})

/** A data folder as a stopped daemon leaves it, as far as its chains go. */
function stopped(): { conductor: string; databases: string; signing: string } {
  const { conductor, signing } = dataPaths(data)
  const databases = join(conductor, 'holochain', 'databases')
  mkdirSync(databases, { recursive: true })
  writeFileSync(join(conductor, 'agent'), 'uhCAkself\n')
  writeFileSync(join(conductor, 'app'), 'seed.1234abcd\n')
  writeFileSync(signing, '{}')
  for (const name of ['authored', 'conductor.db', 'db.key', 'wasm.db', 'wasm.db-wal'])
    writeFileSync(join(databases, name), name)
  return { conductor, databases, signing }
}

test('a restore moves the chains aside and keeps keys and compiled zomes', async () => {
  const { conductor, databases, signing } = stopped()
  const { agent, aside } = await prepareRestore(data)
  expect(agent).toBe('uhCAkself')
  expect(readdirSync(aside).sort()).toEqual(['authored', 'conductor.db'])
  expect(readdirSync(databases).sort()).toEqual(['db.key', 'wasm.db', 'wasm.db-wal'])
  expect(readFileSync(join(conductor, 'restore'), 'utf8')).toBe('uhCAkself\nseed.1234abcd\npeers\n')
  expect(existsSync(join(conductor, 'agent'))).toBe(true)
  expect(existsSync(signing)).toBe(false)
})

test('a repeated restore moves nothing more', async () => {
  const { databases } = stopped()
  const first = await prepareRestore(data)
  const second = await prepareRestore(data)
  expect(second.agent).toBe(first.agent)
  expect(readdirSync(first.aside).sort()).toEqual(['authored', 'conductor.db'])
  expect(readdirSync(databases).sort()).toEqual(['db.key', 'wasm.db', 'wasm.db-wal'])
})

test('a restore leaves a folder alone that a daemon uses or that has no key', async () => {
  await expect(prepareRestore(data)).rejects.toMatchObject({ code: 'RIPPLE_RESTORE_FAILED' })
  const { databases, conductor } = stopped()
  {
    using _daemon = openSqliteJournal(dataPaths(data).journal)
    await expect(prepareRestore(data)).rejects.toMatchObject({ code: 'RIPPLE_DATA_IN_USE' })
  }
  expect(readdirSync(databases)).toHaveLength(5)
  expect(existsSync(join(conductor, 'restore'))).toBe(false)
})
