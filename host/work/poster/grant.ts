/** Grants own tasks. */
import type { AgentKey, EntryOf, Millis } from '../../types/events.ts'
import type { EarlyContext } from '../context/context.ts'
import { goingOn } from '../records/prefix.ts'
import { endHeadStart, notifyHeadStart } from './begin-early.ts'

/**
 * Writes a Grant; the plan's next step notifies its worker. The others that claimed the task are notified that it is
 * taken, so that they reserve no place for it.
 */
export async function commitGrant(planned: EntryOf<'Grant'>, context: EarlyContext): Promise<void> {
  const entry = await goingOn(planned, context)
  if (entry.attempt === 1 && entry.worker === context.needs.dht.agent) notifyHeadStart(entry.task, context)
  else endHeadStart(entry.task, context)
  const claims = context.state().open.get(entry.task)?.claims ?? new Map<AgentKey, Millis>()
  const event = await context.writes.commit(entry)
  context.failpoint('grant.committed')
  context.record({
    type: 'committed',
    entry: 'Grant',
    hash: event.hash,
    task: entry.task,
    attempt: entry.attempt,
  })
  for (const agent of claims.keys())
    if (agent !== entry.worker) void context.send(agent, { type: 'taken', task: entry.task })
}
