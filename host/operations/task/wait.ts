/** Waits for the end of a task. */
import type { Context } from '../context.ts'
import { closedStates } from './view.ts'

/**
 * Resolves to whether a task, by its hash, has closed within `ms` milliseconds. The caller's signal ends the wait, never the task.
 * Rejects with `RIPPLE_TASK_UNKNOWN`, and with the signal's reason.
 */
export async function closesWithin(
  { tasks, events }: Pick<Context, 'tasks' | 'events'>,
  task: string,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const wait = Promise.withResolvers<boolean>()
  const looked = (state: string): void => {
    if (closedStates.has(state)) wait.resolve(true)
  }
  // Followed before the first look, so that no end falls in between.
  const unfollow = events.follow({ kinds: ['tasks'] }, (event) => {
    if (event.type === 'task_state' && event.task === task) looked(event.state)
  })
  const overdue = setTimeout(() => wait.resolve(false), ms)
  const onAbort = (): void => wait.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    looked((await tasks.show(task, signal)).state)
    return await wait.promise
  } finally {
    unfollow()
    clearTimeout(overdue)
    signal.removeEventListener('abort', onAbort)
  }
}
