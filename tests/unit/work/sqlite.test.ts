import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteJournal } from '../../../host/work/sqlite.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const path = () => join(folder, 'data', 'journal.sqlite')

test('what was put is there when it is opened again, bytes as bytes', async () => {
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

test('the folder is free again when the first has gone', () => {
  openSqliteJournal(path())[Symbol.dispose]()
  using journal = openSqliteJournal(path())
  expect(journal).toBeDefined()
})

test('a file that is no journal is said to be one', () => {
  openSqliteJournal(path())[Symbol.dispose]()
  writeFileSync(
    path(),
    'this is not a database, and longer than a header of one hundred bytes would have to be, to be read at all',
  )
  expect(() => openSqliteJournal(path())).toThrowError(
    expect.objectContaining({ code: 'RIPPLE_JOURNAL_CORRUPT' }),
  )
})
