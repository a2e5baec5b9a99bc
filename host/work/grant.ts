import type { EntryOf } from '../types/events.ts'
import type { Hands } from './hands.ts'

/** Writes a Grant; that its worker hears of it is the plan's next step. */
export async function commitGrant(entry: EntryOf<'Grant'>, hands: Hands): Promise<void> {
  const event = await hands.writes.commit(entry)
  hands.failpoint('grant.committed')
  hands.record({
    type: 'committed',
    entry: 'Grant',
    hash: event.hash,
    task: entry.task,
    attempt: entry.attempt,
  })
}
