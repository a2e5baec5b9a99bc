import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryJournal } from '../../../host/work/memory.ts'
import type { Journal, JournalChange, JournalValue } from '../../../host/work/port.ts'
import { openSqliteJournal, type SqliteJournal } from '../../../host/work/sqlite.ts'

const put = (key: string, value: JournalValue): JournalChange => ({ type: 'put', bucket: 'runs', key, value })
const remove = (key: string): JournalChange => ({ type: 'delete', bucket: 'runs', key })

describe.each(['memory', 'sqlite'])('the journal in %s', (kind) => {
  let folder = ''
  let journal: Journal
  let onDisk: SqliteJournal | null = null
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ripple-journal-'))
    onDisk = kind === 'sqlite' ? openSqliteJournal(join(folder, 'journal.sqlite')) : null
    journal = onDisk ?? new MemoryJournal()
  })
  afterEach(() => {
    onDisk?.[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('makes the changes of a batch in order, in whichever buckets they are', async () => {
    await journal.put('runs', 'a', 'old')
    await journal.put('runs', 'b', 'old')
    const elsewhere = { type: 'put', bucket: 'meta', key: 'a', value: 'there' } as const
    await journal.batch([put('a', 'new'), remove('b'), put('c', 1), put('c', 2), put('d', 3), remove('d')])
    await journal.batch([elsewhere, remove('never there')])
    await journal.batch([])
    expect(await journal.entries('runs')).toEqual([
      ['a', 'new'],
      ['c', 2],
    ])
    expect(await journal.entries('meta')).toEqual([['a', 'there']])
  })

  test('makes no change of a batch of which one cannot be made, and goes on', async () => {
    await journal.put('runs', 'a', 'old')
    // The encoder refuses functions; the types do too.
    const bad = put('b', (() => undefined) as unknown as JournalValue)
    await expect(journal.batch([put('a', 'new'), remove('a'), bad])).rejects.toThrow()
    expect(await journal.entries('runs')).toEqual([['a', 'old']])
    await journal.batch([put('a', 'new')])
    expect(await journal.get('runs', 'a')).toBe('new')
  })
})
