import type { PastEnd } from '../mesh/posted.ts'
import type { TaskView } from '../mesh/view.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readPast } from './read-past.ts'

/** Looks up how tasks ended that an own one names, of those whose epoch was left. */
export async function recall(task: ActionHash, named: readonly ActionHash[], hands: Hands): Promise<void> {
  for (const one of named) {
    const past = await readPast(one, hands)
    if (past) hands.dispatch({ type: 'recalled', task, named: one, end: endOf(past.view) })
  }
}

/** Only what was closed is kept of an epoch that was left. */
function endOf({ state, times }: TaskView): PastEnd {
  return { outcome: state as PastEnd['outcome'], at: times.closed_at ?? times.posted_at }
}
