import type { Millis } from '../types/events.ts'
import type { Step } from './actions.ts'
import { askForEvent } from './ask-event.ts'
import { paced, untilArrival } from './pace.ts'
import type { Posted, ResultSeen } from './posted.ts'
import type { MeshState } from './state.ts'

/**
 * Gets a Result that was named: from the DHT, because a Close may name only what is there, and meanwhile from its worker,
 * so that the output is fetched and checked by then.
 */
export function* fetchResult(
  state: MeshState,
  posted: Posted,
  seen: ResultSeen,
  now: Millis,
): Generator<Step> {
  const { named, from, event, arrived, seenAt } = seen
  if (arrived) return
  const task = posted.task.hash
  const by = pacedBy(posted, seen)
  const look = { type: 'look', task, named } as const
  yield* paced(state, now, task, `fetch/${by}`, untilArrival(state.config), look)
  if (!event) yield* askForEvent(state, now, task, `ask/${by}`, { hash: named, from, since: seenAt })
}

/**
 * What its looks are paced by, whatever Result is named: who names ever other ones asks for no more looks by it. A stand-in
 * may name ever other claims as well, and until a Result of it is here only its last word is kept.
 */
function pacedBy({ grants }: Posted, { authority, from, event }: ResultSeen): string {
  return event || grants.some(({ hash }) => hash === authority) ? authority : from
}
