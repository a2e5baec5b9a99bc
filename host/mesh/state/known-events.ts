/** Lists the events that this daemon already considers valid. */
import type { ActionHash, MeshEvent } from '../../types/events.ts'
import { type MeshState, ownTask } from './state.ts'

/** Yields the events of a task that this daemon considers valid. They serve to judge other events that name them. */
export function* knownEvents(state: MeshState, task: ActionHash): Generator<MeshEvent> {
  const posted = ownTask(state, task)
  if (posted) yield* [posted.task, ...posted.grants, ...posted.forks]
  for (const asked of state.asked.values()) if (asked.event?.hash === task) yield asked.event
  const claim = state.claimed.get(task)
  if (claim) yield claim.task
  for (const held of state.held.values()) {
    if (held.task !== task) continue
    if (held.taskEvent) yield held.taskEvent
    if (held.grantEvent) yield held.grantEvent
  }
}
