/** Finds a task by its key, its hash or the beginning of one. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Context } from '../context.ts'

/** Characters in the shortest accepted beginning of a key or hash. */
const prefixMin = 8

/**
 * Returns the hash of the task that an id means: its key, its hash, or a beginning of either that only one task has. It
 * searches all epochs. Rejects with `RIPPLE_TASK_UNKNOWN`.
 */
export async function findTask({ tasks }: Pick<Context, 'tasks'>, given: string): Promise<string> {
  // A list marks an id that it has cut with an ellipsis.
  const id = given.replace(/…$/, '')
  const exact = await tasks.find(id)
  if (exact !== null) return exact
  const [only, ...others] = id.length < prefixMin ? [] : await tasks.beginning(id)
  if (only === undefined || others.length > 0) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
  return only
}
