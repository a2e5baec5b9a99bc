/** Follows the log of a task: its states, its notes and the pieces of its answer. */
import type { Context } from '../../operations/context.ts'
import { closedStates } from '../../operations/task/view.ts'
import type { StreamEvent } from '../../telemetry/catalogue.ts'

/** The parts of the daemon that a log needs. */
export type LogNeeds = Pick<Context, 'tasks' | 'events'>

/** A reader of a log. */
export interface LogReader {
  line(event: StreamEvent): void
  /** Called once, after the last line of a closed task. */
  end(): void
}

/**
 * Gives a reader the kept lines of a task's log, then each new one, until the task is closed. The returned function ends that.
 * `task` is a hash. Rejects with `RIPPLE_TASK_UNKNOWN`.
 */
export async function followTask(
  context: LogNeeds,
  task: string,
  reader: LogReader,
  signal: AbortSignal,
): Promise<() => void> {
  const view = await context.tasks.show(task, signal)
  let ended = false
  let unfollow = (): void => {}
  const end = (): void => {
    if (ended) return
    ended = true
    unfollow()
    reader.end()
  }
  unfollow = context.events.follow({ kinds: ['tasks', 'text'] }, (event) => {
    if (ended || !isOf(event, view.id)) return
    reader.line(event)
    if (event.type === 'task_state' && closedStates.has(event.state)) end()
  })
  // A closed task has no more events, and its last ones may not be kept any more.
  if (ended) unfollow()
  else if (closedStates.has(view.state)) end()
  return () => {
    ended = true
    unfollow()
  }
}

function isOf(event: StreamEvent, key: string): boolean {
  const { type } = event
  return (type === 'task_state' || type === 'task_note' || type === 'task_text') && event.task_key === key
}
