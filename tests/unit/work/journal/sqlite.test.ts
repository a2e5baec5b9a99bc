import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toRippleError } from '../../../../host/errors/ripple-error.ts'
import { openSqliteJournal } from '../../../../host/work/journal/sqlite.ts'
import { Prng } from '../../../harness/sim/random.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const path = () => join(folder, 'data', 'journal.sqlite')

test('an entry of the journal is there after reopening, bytes as bytes', async () => {
  const value = { salt: new Uint8Array([1, 2]), list: [null, true, 'text', 3] }
  {
    using journal = openSqliteJournal(path())
    await journal.put('secrets', 'a', { old: true })
    await journal.put('secrets', 'a', value)
    await journal.put('secrets', 'b', 1)
    await journal.delete('secrets', 'b')
  }
  using journal = openSqliteJournal(path())
  expect(await journal.get('secrets', 'a')).toEqual(value)
  expect(await journal.entries('secrets')).toEqual([['a', value]])
  expect(await journal.get('runs', 'a')).toBeNull()
})

test('a second daemon on the same folder is refused', () => {
  using _journal = openSqliteJournal(path())
  expect(() => openSqliteJournal(path())).toThrowError(
    expect.objectContaining({ code: 'RIPPLE_DATA_IN_USE' }),
  )
})

test.each(['DELETE', 'WAL'])(
  "a newer version's journal in mode %s is refused by its number and stays unchanged",
  (mode) => {
    openSqliteJournal(path())[Symbol.dispose]()
    const newer = new DatabaseSync(path())
    newer.exec(`PRAGMA journal_mode=${mode}; CREATE TABLE later (a TEXT); PRAGMA user_version=7`)
    newer.close()
    const before = readFileSync(path())
    expect(() => openSqliteJournal(path())).toThrowError(
      expect.objectContaining({ code: 'RIPPLE_DATA_NEWER', message: expect.stringContaining('version 7') }),
    )
    expect(readFileSync(path()).equals(before)).toBe(true)
    expect(readdirSync(join(folder, 'data'))).toEqual(['journal.sqlite'])
  },
)

test("the journal's folder is free again once the first daemon has gone", () => {
  openSqliteJournal(path())[Symbol.dispose]()
  using journal = openSqliteJournal(path())
  expect(journal).toBeDefined()
})

test('a file that is not a journal is reported as corrupt', () => {
  openSqliteJournal(path())[Symbol.dispose]()
  writeFileSync(
    path(),
    'this is not a database, and longer than a header of one hundred bytes would have to be, to be read at all',
  )
  expect(() => openSqliteJournal(path())).toThrowError(
    expect.objectContaining({ code: 'RIPPLE_JOURNAL_CORRUPT' }),
  )
})

test('a flipped bit in a journal is found unless it stands in unused bytes', async () => {
  const entries = Array.from({ length: 8 }, (_, n): [string, string] => [`key-${n}`, 'salt '.repeat(40 + n)])
  {
    using journal = openSqliteJournal(path())
    for (const [key, value] of entries) await journal.put('payloads', key, value)
  }
  const whole = readFileSync(path())
  const random = new Prng(8)
  const found: string[] = []
  for (let flips = 0; flips < 80; flips++) {
    const bytes = Buffer.from(whole)
    const at = random.int(0, bytes.length - 1)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.int(0, 7)), at)
    writeFileSync(path(), bytes)
    try {
      using journal = openSqliteJournal(path())
      expect(await journal.entries('payloads')).toEqual(entries)
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'AssertionError') throw thrown
      found.push(toRippleError(thrown).code)
    }
  }
  expect(new Set(found)).toEqual(new Set(['RIPPLE_JOURNAL_CORRUPT']))
  expect(found.length).toBeGreaterThan(10)
})

test('a journal without checksums is read and gets them', async () => {
  openSqliteJournal(path())[Symbol.dispose]()
  const db = new DatabaseSync(path())
  db.exec('ALTER TABLE journal DROP COLUMN sum')
  db.prepare('INSERT INTO journal VALUES (?, ?, ?)').run('secrets', 'old', encode('value'))
  db.close()
  using journal = openSqliteJournal(path())
  expect(await journal.get('secrets', 'old')).toBe('value')
  await journal.put('secrets', 'new', 'value')
  expect(await journal.entries('secrets')).toHaveLength(2)
})
