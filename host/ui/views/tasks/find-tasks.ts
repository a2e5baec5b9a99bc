/** Filters the list of tasks. */
import { isEnd, type Task } from './task.ts'

/** The filter: a state, `open`, or empty for all; and words that must all occur. */
export interface Filter {
  readonly state: string
  readonly search: string
}

/** Returns the tasks that fit the filter. The words are looked for in prompt, key, hash, machine and model. */
export function findTasks(
  tasks: readonly Task[],
  { state, search }: Filter,
  nameOf: (agent: string) => string,
): readonly Task[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  return tasks.filter((task) => {
    if (state === 'open' ? isEnd(task.state) : state !== '' && task.state !== state) return false
    if (wanted.length === 0) return true
    const text = textOf(task, nameOf).toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

function textOf({ prompt, id, task, worker, model, state }: Task, nameOf: (agent: string) => string): string {
  return [prompt, id, task, worker, worker && nameOf(worker), model?.name, state].filter(Boolean).join(' ')
}
