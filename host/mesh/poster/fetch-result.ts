/** Plans how a poster gets a Result that was named to it, and checks its output. */
import { backoff, doneAt, paced } from '../../planning/effect-retry.ts'
import type { Millis } from '../../types/events.ts'
import { askForEvent } from '../state/ask-event.ts'
import { untilArrival } from '../state/effect-owners.ts'
import type { PlanItem } from '../state/effects.ts'
import type { Posted, ResultSeen } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'

/**
 * Gets a named Result from the DHT, because a Close may name only an event that is there. Meanwhile it asks the worker for the
 * Result, so that the output is fetched and checked by then. The check waits for the salt and key that open the output.
 */
export function* collect(
  state: MeshState,
  posted: Posted,
  seen: ResultSeen,
  now: Millis,
): Generator<PlanItem> {
  const { authority, named, from, event, arrived, seenAt, salt, verdict } = seen
  const task = posted.task.hash
  const by = pacedBy(posted, seen)
  const look = { type: 'look', task, named } as const
  if (!arrived) yield* paced(state, now, task, `fetch/${by}`, untilArrival(state.config), look)
  if (!event) yield* askForEvent(state, now, task, `ask/${by}`, { hash: named, from, since: seenAt })
  if (event?.entry.status.type !== 'ok' || !salt || verdict) return
  // The pace is per attempt. An output of another attempt that nobody serves must not delay this check.
  const check = { type: 'check', task, authority } as const
  yield* paced(state, now, task, `check/${authority}`, backoff(state.config), check)
}

/**
 * Returns the key that paces the looks for a Result: its authority, so that a worker that names ever new Results causes no more
 * looks. A stand-in could name ever new claims too. So its agent is the key until its Result is here, and only its last
 * message is kept.
 */
function pacedBy({ grants }: Posted, { authority, from, event }: ResultSeen): string {
  return event || grants.some(({ hash }) => hash === authority) ? authority : from
}

/** Whether the DHT has answered a look that began at that time or later. A failed look does not count. */
export function hasLookedSince(state: MeshState, posted: Posted, at: Millis): boolean {
  return (doneAt(state, posted.task.hash, 'look') ?? 0) >= at
}
