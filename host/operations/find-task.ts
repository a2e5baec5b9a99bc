import { RippleError } from '../errors/ripple-error.ts'
import type { Context } from './context.ts'

/** Shortest beginning of a key or hash that is taken for one. */
const prefixMin = 8

/**
 * The hash of the task that an id means: its key, its hash, or a beginning of either that only one task has, of whichever
 * epoch. Rejects with `RIPPLE_TASK_UNKNOWN`.
 */
export async function findTask({ tasks }: Context, given: string): Promise<string> {
  // As a list shows an id that it has cut.
  const id = given.replace(/…$/, '')
  const exact = await tasks.find(id)
  if (exact !== null) return exact
  const [only, ...others] = id.length < prefixMin ? [] : await tasksBeginning(tasks, id)
  if (only === undefined || others.length > 0) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
  return only
}

async function tasksBeginning(tasks: Context['tasks'], prefix: string): Promise<string[]> {
  const open = tasks.list().filter((one) => one.id.startsWith(prefix) || one.task.startsWith(prefix))
  // One whose epoch is just being left is among both.
  return [...new Set([...open.map(({ task }) => task), ...(await tasks.pastBeginning(prefix))])]
}
