import { RippleError } from '../errors/ripple-error.ts'
import type { Context, TaskView } from './context.ts'

const prefixMin = 8

/**
 * The task that an id means: its key, its hash, or a beginning of either that only one task has.
 * Rejects with `RIPPLE_TASK_UNKNOWN`.
 */
export async function findTask(context: Context, id: string, signal: AbortSignal): Promise<TaskView> {
  const all = await context.tasks.list(signal)
  const exact = all.find((task) => task.id === id || task.task === id)
  if (exact) return exact
  const close = id.length < prefixMin ? [] : all.filter((task) => startsWith(task, id))
  const [only] = close
  if (only && close.length === 1) return only
  throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
}

function startsWith(task: TaskView, id: string): boolean {
  return task.id.startsWith(id) || (task.task?.startsWith(id) ?? false)
}
