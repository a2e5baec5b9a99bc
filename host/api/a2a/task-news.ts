/** Follows one task by the daemon's events. */
import type { TaskView } from '../../operations/context.ts'
import { taskStates } from '../../operations/task/view.ts'
import type { EventStream } from '../../telemetry/events.ts'

/** News of a task since the news before. */
export interface TaskNews {
  /** Pieces of its answer; empty without any. They are a preview: the answer counts once the task is accepted. */
  readonly text: string
  /** The newest state that it reached; null without one. */
  readonly state: TaskView['state'] | null
}

/**
 * Yields the news of the task with this key, from the first event that the daemon still has. A slow reader gets several
 * pieces at once. Rejects with the signal's reason.
 */
export async function* taskNews(
  events: EventStream,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<TaskNews, never> {
  let text = ''
  let state: TaskNews['state'] = null
  let wake = Promise.withResolvers<void>()
  const unfollow = events.follow({ kinds: ['tasks', 'text'] }, (event) => {
    if (event.type === 'task_text' && event.task_key === key) text += event.text
    else if (event.type === 'task_state' && event.task_key === key) state = known(event.state) ?? state
    else return
    wake.resolve()
  })
  const onAbort = (): void => wake.resolve()
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      await wake.promise
      wake = Promise.withResolvers()
      const news = { text, state }
      text = ''
      state = null
      if (news.text !== '' || news.state !== null) yield news
    }
  } finally {
    unfollow()
    signal.removeEventListener('abort', onAbort)
  }
}

function known(state: string): TaskView['state'] | null {
  return taskStates.find((one) => one === state) ?? null
}
