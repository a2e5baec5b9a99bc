import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AgentKeyLock } from '../../../../host/dht/fork-guard/agent-key-lock.ts'
import { ChainHeadStore } from '../../../../host/dht/fork-guard/chain-head-store.ts'

const agent = `uhCAk${'a'.repeat(48)}`
const other = `uhCAk${'b'.repeat(48)}`
const one = { role: 'resource_mesh', seed: 'net-epoch1', dna: 'uhC0kOne' }
const two = { role: 'agent_registry', seed: 'net', dna: 'uhC0kTwo' }
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-heads-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a book of heads', () => {
  test('the chain head store keeps the newest head of each chain', () => {
    {
      using book = ChainHeadStore.open(join(folder, 'heads'), agent)
      expect(book.get('uhC0kOne')).toBeNull()
      book.note(one, { hash: 'uhCkk1', at: 1 })
      book.note(two, { hash: 'uhCkk2', at: 2 })
      book.note(one, { hash: 'uhCkk3', at: 3 })
    }
    using again = ChainHeadStore.open(join(folder, 'heads'), agent)
    expect(again.get('uhC0kOne')).toEqual({ hash: 'uhCkk3', at: 3 })
    expect(again.ofSeed('net-epoch1')).toEqual([one])
    expect(again.get('uhC0kTwo')).toEqual({ hash: 'uhCkk2', at: 2 })
    expect(statSync(join(folder, 'heads')).mode & 0o077).toBe(0)
  })

  test("a newer version's chain head store is refused by its number and stays unchanged", () => {
    ChainHeadStore.open(folder, agent)[Symbol.dispose]()
    const file = join(folder, `${agent}.sqlite`)
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version=9')
    newer.close()
    const before = readFileSync(file)
    expect(() => ChainHeadStore.open(folder, agent)).toThrow(
      expect.objectContaining({ code: 'RIPPLE_DATA_NEWER', message: expect.stringContaining('version 9') }),
    )
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('the chain head store locks its own key and no other', () => {
    using _book = ChainHeadStore.open(folder, agent)
    expect(() => ChainHeadStore.open(folder, agent)).toThrow(
      expect.objectContaining({ code: 'RIPPLE_KEY_IN_USE' }),
    )
    using _another = ChainHeadStore.open(folder, other)
  })

  test('the chain head store locks other processes out', () => {
    using _book = ChainHeadStore.open(folder, agent)
    const source = `
      import { ChainHeadStore } from ${JSON.stringify(join(import.meta.dirname, '../../../../host/dht/fork-guard/chain-head-store.ts'))}
      try { ChainHeadStore.open(${JSON.stringify(folder)}, '${agent}') } catch (error) { console.log(error.code) }`
    const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source])
    expect(said.toString().trim()).toBe('RIPPLE_KEY_IN_USE')
  })

  test('a damaged chain head store is an error and not an empty one', () => {
    writeFileSync(
      join(folder, `${agent}.sqlite`),
      'not a database, but longer than its header would be'.repeat(9),
    )
    expect(() => ChainHeadStore.open(folder, agent)).toThrow(
      expect.objectContaining({ code: 'RIPPLE_FILE_UNREADABLE' }),
    )
  })
})

describe("a data folder's key", () => {
  test('a start locks the last key before its conductor names it', async () => {
    const file = join(folder, 'agent')
    {
      using own = await AgentKeyLock.open(join(folder, 'heads'), file)
      expect(await own.last()).toBeNull()
      expect(() => own.book).toThrow()
      await own.use(agent)
      expect(own.book.agent).toBe(agent)
    }
    expect(readFileSync(file, 'utf8')).toBe(`${agent}\n`)
    using _first = await AgentKeyLock.open(join(folder, 'heads'), file)
    await expect(AgentKeyLock.open(join(folder, 'heads'), file)).rejects.toMatchObject({
      code: 'RIPPLE_KEY_IN_USE',
    })
  })

  test('a start unlocks a key that is not used any more', async () => {
    using own = await AgentKeyLock.open(folder, join(folder, 'agent'))
    await own.use(agent)
    await own.use(other)
    using book = ChainHeadStore.open(folder, agent)
    expect(book.agent).toBe(agent)
    expect(await own.last()).toBe(other)
  })
})
