/** Says what a task is to the page. */
import type { AnswerOf } from '../../daemon/call.ts'

/** A task as the daemon shows it. */
export type Task = AnswerOf<'task.show'>

/** The states in which a task ends. */
const ends = ['accepted', 'failed', 'cancelled', 'expired'] as const

/** A state in which a task ends. */
export type End = (typeof ends)[number]

/** Whether a task ends in a state. */
export function isEnd(state: string): state is End {
  return ends.some((end) => end === state)
}

/** Returns the time from the post of a task to its result or its end, in milliseconds; null while it is open. */
export function tookMs({ times: { posted_at, result_at, closed_at } }: Pick<Task, 'times'>): number | null {
  const end = result_at ?? closed_at
  return end === null ? null : Math.max(0, end - posted_at)
}
