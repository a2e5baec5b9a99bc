/** Decides whether a task may start, by the tasks that it depends on. */
import type { ActionHash, Millis } from '../../types/events.ts'
import type { Posted } from '../state/posted.ts'

/** The readiness of a task, by the tasks that it names. */
export type Readiness =
  /** The task may start since then, by the poster's clock. Its time in the queue counts from there. */
  | { readonly type: 'ready'; readonly since: Millis }
  /** The task waits for these. */
  | { readonly type: 'waiting'; readonly on: readonly ActionHash[] }
  /** These were closed without an accepted result, so the task never may start. */
  | { readonly type: 'never'; readonly on: readonly ActionHash[] }

/** Reads a task's readiness from the known ends of the tasks that it names. */
export function readiness({ task, recalled }: Posted): Readiness {
  const { created_at, depends_on } = task.entry
  const lost = depends_on.filter((named) => (recalled.get(named)?.outcome ?? 'accepted') !== 'accepted')
  if (lost.length > 0) return { type: 'never', on: lost }
  const open = depends_on.filter((named) => !recalled.has(named))
  if (open.length > 0) return { type: 'waiting', on: open }
  const ends = depends_on.map((named) => recalled.get(named)?.at ?? created_at)
  return { type: 'ready', since: Math.max(created_at, ...ends) }
}
