import { RippleError } from '../errors/ripple-error.ts'
import type { Context, TaskView } from './context.ts'

const prefixMin = 8
/** Shortest key of a task, as the rules have it. */
const keyMin = 16

/**
 * The hash of the task that an id means: its key, its hash, or a beginning of either that only one task has. What no
 * open epoch knows is given back, if it is a whole key or hash.
 * Throws `RIPPLE_TASK_UNKNOWN`.
 */
export function findTask(context: Context, id: string): string {
  const exact = context.tasks.find(id)
  if (exact !== null) return exact
  const close = id.length < prefixMin ? [] : context.tasks.list().filter((task) => startsWith(task, id))
  const [only] = close
  if (only && close.length === 1) return only.task
  // A whole key or hash may be of a task whose epoch was left.
  if (id.length >= keyMin) return id
  throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
}

function startsWith(task: TaskView, id: string): boolean {
  return task.id.startsWith(id) || task.task.startsWith(id)
}
