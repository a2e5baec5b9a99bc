/** Grants own tasks. */
import type { AgentKey, EntryOf, Millis } from '../../types/events.ts'
import type { Hands } from '../context/hands.ts'
import { goingOn } from '../records/prefix.ts'
import { endHeadStart, tellHeadStart } from './begin-early.ts'

/**
 * Writes a Grant; the plan's next step notifies its worker. The others that claimed the task are notified that it is
 * taken, so that they reserve no place for it.
 */
export async function commitGrant(planned: EntryOf<'Grant'>, hands: Hands): Promise<void> {
  const entry = await goingOn(planned, hands)
  if (entry.attempt === 1 && entry.worker === hands.needs.dht.agent) tellHeadStart(entry.task, hands)
  else endHeadStart(entry.task, hands)
  const claims = hands.state().open.get(entry.task)?.claims ?? new Map<AgentKey, Millis>()
  const event = await hands.writes.commit(entry)
  hands.failpoint('grant.committed')
  hands.record({
    type: 'committed',
    entry: 'Grant',
    hash: event.hash,
    task: entry.task,
    attempt: entry.attempt,
  })
  for (const agent of claims.keys())
    if (agent !== entry.worker) void hands.send(agent, { type: 'taken', task: entry.task })
}
