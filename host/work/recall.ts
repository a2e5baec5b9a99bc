/** Looks up dependencies in epochs that were left. */
import type { PastEnd } from '../mesh/posted.ts'
import type { TaskView } from '../mesh/view.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readPast } from './read-past.ts'

/** Reads how the dependencies of an own task ended whose epoch was left. */
export async function recall(task: ActionHash, named: readonly ActionHash[], hands: Hands): Promise<void> {
  for (const one of named) {
    const past = await readPast(one, hands)
    if (past) hands.dispatch({ type: 'recalled', task, named: one, end: endOf(past.view) })
  }
}

/** Returns how a task ended. Only closed tasks are stored when an epoch is left. */
function endOf({ state, times }: TaskView): PastEnd {
  return { outcome: state as PastEnd['outcome'], at: times.closed_at ?? times.posted_at }
}
