/** Decides whether a task may start, by the tasks that it depends on. */
import type { ActionHash, Millis } from '../types/events.ts'
import type { PastEnd, Posted } from './posted.ts'
import type { MeshState } from './state.ts'

/** The readiness of a task, by the tasks that it names. */
export type Readiness =
  /** The task may start since then, by the poster's clock. Its time in the queue counts from there. */
  | { readonly type: 'ready'; readonly since: Millis }
  /** The task waits for these. */
  | { readonly type: 'waiting'; readonly on: readonly ActionHash[] }
  /** These were closed without an accepted result, so the task never may start. */
  | { readonly type: 'never'; readonly on: readonly ActionHash[] }

/**
 * Reads a task's readiness from the own tasks, and from the known ends of tasks in archived epochs. A task waits for a
 * named task that is not known (yet).
 */
export function readiness(state: MeshState, posted: Posted): Readiness {
  const { created_at, depends_on } = posted.task.entry
  const lost = depends_on.filter(
    (task) => !['accepted', undefined].includes(namedEnd(state, posted, task)?.outcome),
  )
  if (lost.length > 0) return { type: 'never', on: lost }
  const open = depends_on.filter((task) => !namedEnd(state, posted, task))
  if (open.length > 0) return { type: 'waiting', on: open }
  const ends = depends_on.map((task) => namedEnd(state, posted, task)?.at ?? created_at)
  return { type: 'ready', since: Math.max(created_at, ...ends) }
}

/** Returns the end of a task that another one names; null if it is open or unknown. */
export function namedEnd(state: MeshState, { recalled }: Posted, named: ActionHash): PastEnd | null {
  const close = state.tasks.get(named)?.close
  return close ? { outcome: close.entry.outcome, at: close.at } : (recalled.get(named) ?? null)
}
