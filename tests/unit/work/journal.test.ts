import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, JournalChange, JournalValue } from '../../../host/work/journal/port.ts'
import { openSqliteJournal, type SqliteJournal } from '../../../host/work/journal/sqlite.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

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

  test('a batch makes its changes in order across buckets', async () => {
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

  test('a batch adds numbers to a document, replaces its other fields, and begins where there is none', async () => {
    const add = (value: { [field: string]: JournalValue }): JournalChange => ({
      ...{ type: 'add', bucket: 'usage', key: 'a' },
      value,
    })
    await journal.batch([add({ tasks: 1, name: 'old' }), add({ tasks: 2, name: 'new' })])
    await journal.batch([add({ tasks: 3, tokens: 4 })])
    expect(await journal.get('usage', 'a')).toEqual({ tasks: 6, name: 'new', tokens: 4 })
  })

  test('the journal finds entries by prefix and the last ones, up to a bound', async () => {
    for (const key of ['b_1', 'b_2', 'a', 'bx3', 'b_', 'c']) await journal.put('runs', key, key)
    await journal.put('meta', 'b_9', 'elsewhere')
    const keys = async (found: Promise<Array<[string, JournalValue]>>) => (await found).map(([key]) => key)
    expect(await keys(journal.beginning('runs', 'b_', 9))).toEqual(['b_', 'b_1', 'b_2'])
    expect(await keys(journal.beginning('runs', 'b_', 2))).toEqual(['b_', 'b_1'])
    expect(await keys(journal.beginning('runs', 'd', 9))).toEqual([])
    expect(await journal.last('runs', 2)).toEqual([
      ['c', 'c'],
      ['bx3', 'bx3'],
    ])
    expect(await journal.last('runs', 0)).toEqual([])
  })

  test('a batch with one impossible change makes none of them', async () => {
    await journal.put('runs', 'a', 'old')
    // The encoder refuses functions; the types do too.
    const bad = put('b', (() => undefined) as unknown as JournalValue)
    await expect(journal.batch([put('a', 'new'), remove('a'), bad])).rejects.toThrow()
    expect(await journal.entries('runs')).toEqual([['a', 'old']])
    await journal.batch([put('a', 'new')])
    expect(await journal.get('runs', 'a')).toBe('new')
  })
})
