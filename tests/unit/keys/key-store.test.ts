/** Tests the keys of programs: how they are stored, and how their use is counted. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KeyStore } from '../../../host/keys/key-store.ts'
import { limits } from '../../../host/limits.ts'
import { owner, type Principal, v1Key } from '../../../host/types/principal.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

/** 23:59:50 UTC of a day. */
const LATE = Date.UTC(2026, 10, 23, 23, 59, 50)
const asker = { name: 'bot', scopes: ['infer'], tokens_per_day: 100 } as const

let folder: string
let file: string
let journal: MemoryJournal
let now: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-keys-'))
  file = join(folder, 'keys.json')
  journal = new MemoryJournal()
  now = LATE
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = () => KeyStore.open({ file, journal, clock: { now: () => now }, emit: () => {} })
const written = () => new Promise((resolve) => setImmediate(resolve))
const bot: Principal = { kind: 'key', name: 'bot', scopes: ['infer'] }

describe('a key', () => {
  test('a key is found by itself alone, also after a restart, and is not in the file', async () => {
    const keys = await open()
    const key = await keys.create(asker)
    expect(keys.find(key)).toEqual(bot)
    expect((await open()).find(key)).toEqual(bot)
    for (const other of [key.slice(0, -1), `${key}x`, key.toUpperCase(), '', asker.name])
      expect(keys.find(other)).toBeNull()
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain(key)
    expect(keys.find(JSON.parse(text).keys[0].sha256)).toBeNull()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('a removed key is refused, and its use is forgotten', async () => {
    const keys = await open()
    const key = await keys.create(asker)
    keys.count(bot, { tokens_in: 60, tokens_out: 40 })
    await keys.remove('bot')
    expect([keys.find(key), (await open()).find(key)]).toEqual([null, null])
    await expect(keys.remove('bot')).rejects.toMatchObject({ code: 'RIPPLE_KEY_UNKNOWN' })
    await keys.create(asker)
    expect(() => keys.admit(bot)).not.toThrow()
  })

  test('two keys cannot have the same name', async () => {
    const keys = await open()
    const made = await Promise.allSettled([keys.create(asker), keys.create(asker)])
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(keys.create(asker)).rejects.toMatchObject({ code: 'RIPPLE_KEY_EXISTS' })
  })

  test(`no key is made beside ${limits.keys_max} others`, async () => {
    const keys = await open()
    for (let i = 0; i < limits.keys_max; i++) await keys.create({ ...asker, name: `bot-${i}` })
    await expect(keys.create(asker)).rejects.toMatchObject({ code: 'RIPPLE_KEY_MANY' })
  })

  test('a damaged file of keys is refused with its path', async () => {
    writeFileSync(file, '{"version":1,"keys":[{"name":"bot"}]}')
    await expect(open()).rejects.toMatchObject({ code: 'RIPPLE_NOTE_DAMAGED', facts: { file } })
  })
})

describe('the use of a key', () => {
  const today = (keys: KeyStore, name = 'bot') => keys.list().find((key) => key.name === name)?.today

  test('the use is counted by asks and tokens, and survives a restart', async () => {
    const keys = await open()
    await keys.create(asker)
    keys.admit(bot)
    keys.count(bot, { tokens_in: 7, tokens_out: 2 })
    keys.admit(bot)
    keys.admit(v1Key)
    keys.count(owner, { tokens_in: 7, tokens_out: 2 })
    await written()
    const after = await open()
    expect(today(after)).toEqual({ requests: 2, tokens_in: 7, tokens_out: 2 })
    expect(today(after, 'v1')).toEqual({ requests: 1, tokens_in: 0, tokens_out: 0 })
    expect(after.list().map(({ name }) => name)).toEqual(['v1', 'bot'])
  })

  test('asks are refused once the tokens of the day are spent, until midnight UTC', async () => {
    const keys = await open()
    await keys.create(asker)
    keys.count(bot, { tokens_in: 60, tokens_out: 39 })
    keys.admit(bot)
    keys.count(bot, { tokens_in: 500, tokens_out: 500 })
    const facts = { name: 'bot', max: 100, retry_after_s: 10 }
    expect(() => keys.admit(bot)).toThrow(expect.objectContaining({ code: 'RIPPLE_KEY_SPENT', facts }))
    await written()
    const after = await open()
    expect(() => after.admit(bot)).toThrow(expect.objectContaining({ code: 'RIPPLE_KEY_SPENT' }))
    now += 9_999
    expect(() => keys.admit(bot)).toThrow()
    now += 1
    expect(() => keys.admit(bot)).not.toThrow()
    expect(today(keys)).toEqual({ requests: 1, tokens_in: 0, tokens_out: 0 })
  })

  test('no new day begins when the clock goes back', async () => {
    const keys = await open()
    await keys.create(asker)
    keys.count(bot, { tokens_in: 100, tokens_out: 0 })
    now -= 86_400_000
    expect(() => keys.admit(bot)).toThrow()
  })

  test('an answer that ends after its key was removed is not counted', async () => {
    const keys = await open()
    keys.count(bot, { tokens_in: 100, tokens_out: 0 })
    await keys.create(asker)
    expect(() => keys.admit(bot)).not.toThrow()
  })
})
