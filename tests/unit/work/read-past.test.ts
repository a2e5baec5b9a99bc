import { expect, test } from 'vitest'
import type { WorkContext } from '../../../host/work/context/context.ts'
import { newestClosed, timeKey } from '../../../host/work/records/task-record.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'
import { forever } from '../../harness/forever.ts'

test('many closed tasks are read in batches with pauses between them', async () => {
  const journal = new MemoryJournal()
  for (let at = 1; at <= 300; at++) {
    await journal.put('past', `task ${at}`, { view: { task: `task ${at}` }, content: null })
    await journal.put('past_times', timeKey(at, `task ${at}`), `task ${at}`)
  }
  let pauses = 0
  const clock = {
    sleep: async () => {
      pauses += 1
    },
  }
  // Nothing else of the hands is used.
  const hands = { needs: { journal, clock }, signal: forever } as unknown as WorkContext
  const tasks = (await newestClosed(1_000, hands)).map(({ view }) => view.task)
  expect([tasks.length, tasks[0], tasks[299]]).toEqual([300, 'task 300', 'task 1'])
  expect(pauses).toBe(2)
  expect(await newestClosed(128, hands)).toHaveLength(128)
  expect(pauses).toBe(2)
})
