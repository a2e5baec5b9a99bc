import { randomUUID } from 'node:crypto'
import type { TaskView } from '../../host/operations/context.ts'
import type { HistoryEvent } from '../../host/telemetry/history.ts'
import { timed } from './compare.ts'
import type { Member } from './mesh.ts'

/** One task as it went from the poster to a worker and back: lengths of time in milliseconds. */
export interface Flow {
  /** The client's call until the Task stands. */
  readonly post: number
  /** From there until the worker has it. */
  readonly arrive: number
  /** From the offer until the Grant stands. */
  readonly claim: number
  /** The client's call until it was told that the task is accepted. */
  readonly accepted: number
  /** The engine's run. */
  readonly run: number
}

/**
 * Posts a task of one token and waits until it is accepted. What the client does not see is read from both daemons'
 * histories, whose times are whole milliseconds of the one clock of this machine.
 */
export async function flow(poster: Member, worker: Member): Promise<Flow> {
  const input = { key: randomUUID(), prompt: 'Say yes.', max_tokens: 1, wait: true }
  const called = Date.now()
  const [accepted, view] = await timed(() => poster.call<TaskView>('task.post', input))
  if (view.state !== 'accepted' || view.attempts.length !== 1)
    throw new TypeError(`the task is ${view.state} after ${view.attempts.length} attempts`)
  const about = (type: HistoryEvent['type'], entry: string | null = null) => {
    return (event: HistoryEvent) =>
      event.type === type &&
      'task' in event &&
      event.task === view.task &&
      (entry === null || (event.type === 'committed' && event.entry === entry))
  }
  const at = async (member: Member, isSo: (event: HistoryEvent) => boolean) =>
    (await member.happened(isSo)).at
  const posted = await at(poster, about('committed', 'Task'))
  return {
    post: posted - called,
    arrive: (await at(worker, about('task_fetched'))) - posted,
    claim: (await at(poster, about('committed', 'Grant'))) - (await at(poster, about('offered'))),
    accepted,
    run: (await at(worker, about('run_ended'))) - (await at(worker, about('run_started'))),
  }
}
