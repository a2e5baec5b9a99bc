import type { ActionHash, Millis } from '../types/events.ts'
import type { Posted } from './posted.ts'
import type { MeshState } from './state.ts'

/** Whether a task may start, by the tasks that it names. */
export type Readiness =
  /** It may, since then by the poster's clock: its time in the queue counts from there. */
  | { readonly type: 'ready'; readonly since: Millis }
  /** It waits for these. */
  | { readonly type: 'waiting'; readonly on: readonly ActionHash[] }
  /** These were closed without an accepted result, so it never may. */
  | { readonly type: 'never'; readonly on: readonly ActionHash[] }

/** Reads a task's readiness from the own tasks; one that is not known (yet) is waited for. */
export function readiness(state: MeshState, posted: Posted): Readiness {
  const { created_at, depends_on } = posted.task.entry
  const outcomeOf = (task: ActionHash) => state.tasks.get(task)?.close?.entry.outcome
  const lost = depends_on.filter((task) => !['accepted', undefined].includes(outcomeOf(task)))
  if (lost.length > 0) return { type: 'never', on: lost }
  const open = depends_on.filter((task) => outcomeOf(task) === undefined)
  if (open.length > 0) return { type: 'waiting', on: open }
  const ends = depends_on.map((task) => state.tasks.get(task)?.close?.at ?? created_at)
  return { type: 'ready', since: Math.max(created_at, ...ends) }
}
