/** Resolves the tasks that a new task depends on. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { ActionHash } from '../../types/events.ts'
import type { PosterContext } from '../context/context.ts'
import { readTask } from '../records/task-record.ts'

/** Returns the hashes of the tasks that a request names by hash or by key. */
export async function byHash(tasks: readonly string[], context: PosterContext): Promise<ActionHash[]> {
  const hashes = tasks.map(async (task) => (await readTask(task, context))?.view.task ?? task)
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
export async function stillToName(
  tasks: readonly ActionHash[],
  context: PosterContext,
): Promise<ActionHash[]> {
  const named: ActionHash[] = []
  for (const task of tasks) {
    const record = await readTask(task, context)
    if (!record) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: task })
    const { close, state: outcome } = record.view
    if (close && outcome !== 'accepted')
      throw new RippleError('RIPPLE_TASK_NEVER_READY', { id: task, outcome })
    if (context.state().heads.has(record.dna ?? '')) named.push(task)
  }
  return named
}
