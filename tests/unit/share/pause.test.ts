/** Tests that the owner's pause outlives the daemon. */
import { expect, test } from 'vitest'
import { openPause } from '../../../host/share/pause.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

test('a pause outlives a restart until its time is over', async () => {
  const journal = new MemoryJournal()
  let now = 1_000
  const clock = { now: () => now }
  const first = await openPause(journal, clock)
  expect(first.current()).toBe(null)
  await first.change({ until: 2_000 })
  const second = await openPause(journal, clock)
  expect(second.current()).toEqual({ until: 2_000 })
  now = 2_000
  expect([first.current(), second.current()]).toEqual([null, null])
  await second.change({ until: null })
  expect((await openPause(journal, clock)).current()).toEqual({ until: null })
  await second.change(null)
  expect((await openPause(journal, clock)).current()).toBe(null)
})

test('a damaged note of a pause stops the start', async () => {
  const journal = new MemoryJournal()
  await journal.put('meta', 'share-pause', 'never')
  await expect(openPause(journal, { now: () => 0 })).rejects.toMatchObject({ code: 'RIPPLE_JOURNAL_CORRUPT' })
})
