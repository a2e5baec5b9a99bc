import { expect, test } from 'vitest'
import { journaledResults, journalResult } from '../../../../host/work/records/journal-grant.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { now, resultEvent } from '../../mesh/fixtures.ts'

test('the keys of two results of one task are both persisted', async () => {
  const journal = new MemoryJournal()
  for (const attempt of [1, 2]) {
    const event = resultEvent(attempt, `worker ${attempt}`)
    const opens = { salt: Uint8Array.of(attempt), key: Uint8Array.of(attempt) }
    const { authority } = event.entry
    const verdict = { ok: true, why: 'ok', checks: [] }
    const seen = {
      authority,
      attempt,
      named: event.hash,
      from: event.author,
      event,
      arrived: true,
      seenAt: now,
      ...opens,
      verdict,
    }
    await journalResult(seen, journal)
  }
  const kept = await journaledResults(journal)
  expect(kept.map(({ event, key }) => [event?.entry.task, key?.[0]])).toEqual([
    ['task', 1],
    ['task', 2],
  ])
})
