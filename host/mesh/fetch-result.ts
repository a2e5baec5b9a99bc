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
  { task: { hash: task } }: Posted,
  { named, from, event, arrived, seenAt }: ResultSeen,
  now: Millis,
): Generator<Step> {
  if (arrived) return
  const look = { type: 'look', task, named } as const
  yield* paced(state, now, task, `fetch/${named}`, untilArrival(state.config), look)
  if (!event) yield* askForEvent(state, now, task, named, from, seenAt)
}
