import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRestore } from '../../../../host/dht/recovery/restore-chains.ts'
import { setAside, setDnasAside } from '../../../../host/dht/recovery/set-aside.ts'

let folder: string
let databases: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-aside-'))
  databases = join(folder, 'holochain', 'databases')
  mkdirSync(databases, { recursive: true })
  for (const name of [
    'conductor.db',
    'conductor.db-wal',
    'db.key',
    'dht-uhC0kA.db',
    'p2p-peer-meta-uhC0kA.db',
    'wasm.db',
  ])
    writeFileSync(join(databases, name), name)
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the list of cells is set aside, and the next start knows whose the chains are', async () => {
  writeFileSync(join(folder, 'agent'), 'uhCAkself\n')
  writeFileSync(join(folder, 'app'), 'seed.1234abcd\n')
  const { agent, aside } = await setAside(folder, 'cells')
  expect(agent).toBe('uhCAkself')
  expect(readdirSync(aside).sort()).toEqual(['conductor.db', 'conductor.db-wal', 'p2p-peer-meta-uhC0kA.db'])
  expect(readFileSync(join(aside, 'conductor.db'), 'utf8')).toBe('conductor.db')
  expect(readdirSync(databases).sort()).toEqual(['db.key', 'dht-uhC0kA.db', 'wasm.db'])
  expect(await readRestore(join(folder, 'restore'))).toEqual({
    agent: 'uhCAkself',
    app: 'seed.1234abcd',
    from: 'here',
  })
})

test('chains that peers have yet to give do not count as here', async () => {
  writeFileSync(join(folder, 'agent'), 'uhCAkself\n')
  writeFileSync(join(folder, 'app'), 'seed.1234abcd\n')
  for (const what of ['chains', 'cells'] as const) await setAside(folder, what)
  expect(await readRestore(join(folder, 'restore'))).toMatchObject({ from: 'peers' })
})

test('the databases of a lost DNA are set aside, and no others', async () => {
  for (const name of ['dht-uhC0kA.db-wal', 'dht-uhC0kAB.db']) writeFileSync(join(databases, name), name)
  await setDnasAside(folder, ['uhC0kA', 'uhC0kNone'])
  const [aside = ''] = readdirSync(join(folder, 'aside'))
  expect(readdirSync(join(folder, 'aside', aside)).sort()).toEqual(['dht-uhC0kA.db', 'dht-uhC0kA.db-wal'])
  expect(readdirSync(databases)).toContain('dht-uhC0kAB.db')
  await setDnasAside(folder, ['uhC0kA'])
  expect(readdirSync(join(folder, 'aside'))).toEqual([aside])
})

test('a folder without a used key has nothing to restore', async () => {
  expect((await setAside(folder, 'cells')).agent).toBeNull()
  expect(await readRestore(join(folder, 'restore'))).toBeNull()
})
