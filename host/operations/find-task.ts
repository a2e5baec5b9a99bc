import { RippleError } from '../errors/ripple-error.ts'
import type { Context, TaskView } from './context.ts'

const prefixMin = 8

/**
 * The hash of the task that an id means: its key, its hash, or a beginning of either that only one task has.
 * Throws `RIPPLE_TASK_UNKNOWN`.
 */
export function findTask(context: Context, id: string): string {
  const all = context.tasks.list()
  const exact = all.find((task) => task.id === id || task.task === id)
  if (exact) return exact.task
  const close = id.length < prefixMin ? [] : all.filter((task) => startsWith(task, id))
  const [only] = close
  if (only && close.length === 1) return only.task
  throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
}

function startsWith(task: TaskView, id: string): boolean {
  return task.id.startsWith(id) || task.task.startsWith(id)
}
