import { randomUUID } from 'node:crypto'
import type { TaskView } from '../../host/operations/context.ts'
import type { HistoryLine } from '../harness/checker/history.ts'
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
  /** From there until the engine begins: the worker gets the Grant and the payload. */
  readonly prepare: number
  /** The engine's run. */
  readonly run: number
  /** From its end until the Result stands. */
  readonly attest: number
  /** From there until the poster has fetched, opened and checked the output. */
  readonly check: number
  /** From there until the Close stands. */
  readonly close: number
  /** From there until the client is told, with the receipt written. */
  readonly tell: number
  /** All of it, from the client's call. */
  readonly accepted: number
}

/**
 * Posts a task of one token and waits until it is accepted. Times that the client does not see are read from both
 * daemons' histories, in whole milliseconds of this machine's clock.
 */
export async function flow(poster: Member, workers: readonly Member[]): Promise<Flow> {
  const input = { key: randomUUID(), prompt: 'Say yes.', max_tokens: 1, wait: true }
  const called = Date.now()
  const [accepted, view] = await timed(() => poster.call<TaskView>('task.post', input))
  if (view.state !== 'accepted' || view.attempts.length !== 1)
    throw new TypeError(`the task is ${view.state} after ${view.attempts.length} attempts`)
  const worker = workers.find(({ agent }) => agent === view.attempts[0]?.worker)
  if (!worker) throw new TypeError('nobody of this network ran the task')
  const about = (type: HistoryLine['type'], entry: string | null = null) => {
    return (event: HistoryLine) =>
      event.type === type &&
      'task' in event &&
      event.task === view.task &&
      (entry === null || (event.type === 'committed' && event.entry === entry))
  }
  const at = async (member: Member, isSo: (event: HistoryLine) => boolean) => (await member.happened(isSo)).at
  const posted = await at(poster, about('committed', 'Task'))
  const granted = await at(poster, about('committed', 'Grant'))
  const [begun, ended] = [await at(worker, about('run_started')), await at(worker, about('run_ended'))]
  const attested = await at(worker, about('committed', 'Result'))
  const checked = await at(poster, about('checked'))
  const closed = await at(poster, about('committed', 'Close'))
  return {
    post: posted - called,
    arrive: (await at(worker, about('task_fetched'))) - posted,
    claim: granted - (await at(poster, about('offered'))),
    prepare: begun - granted,
    run: ended - begun,
    attest: attested - ended,
    check: checked - attested,
    close: closed - checked,
    tell: called + accepted - closed,
    accepted,
  }
}
