/** Resolves the tasks that a new task depends on. */
import { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { readPast } from './read-past.ts'

/** Returns the hashes of the tasks that a request names. A task of an epoch that was left may be named by its key. */
export async function byHash(tasks: readonly string[], hands: Hands): Promise<ActionHash[]> {
  const hashes = tasks.map(async (task) => (await readPast(task, hands))?.view.task ?? task)
  return [...new Set(await Promise.all(hashes))]
}

/**
 * Returns the named tasks that a new Task must name on the chain. A task accepted in an epoch that was left is met, and
 * the current chain cannot wait for it, so it is left out. A task with another outcome would cancel the new one at
 * once, so it is an error.
 *
 * Each dependency stands on the chain already, so no cycle can arise. Throws `RIPPLE_TASK_UNKNOWN` and
 * `RIPPLE_TASK_NEVER_READY`.
 */
export async function stillToName(tasks: readonly ActionHash[], hands: Hands): Promise<ActionHash[]> {
  const named: ActionHash[] = []
  for (const task of tasks) {
    const posted = hands.state().tasks.get(task)
    const past = posted ? null : await readPast(task, hands)
    if (!posted && !past) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: task })
    const outcome = past?.view.state ?? posted?.close?.entry.outcome ?? 'accepted'
    if (outcome !== 'accepted') throw new RippleError('RIPPLE_TASK_NEVER_READY', { id: task, outcome })
    if (posted) named.push(task)
  }
  return named
}
