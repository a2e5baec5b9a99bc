/** Reports the states and answers of own tasks. */
import { limits } from '../../limits.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import type { Emit } from '../../telemetry/events.ts'
import { closedOutcomes } from '../../telemetry/task-closed.ts'
import type { Work } from '../../work/work.ts'
import type { Receipts } from '../receipts/receipts.ts'

/** Parts that the publishing of task events uses. */
export interface PublishNeeds {
  readonly work: Pick<Work, 'list' | 'newestRevealed' | 'events'>
  readonly emit: Emit
  readonly receipts: Pick<Receipts, 'keep'>
  readonly signal: AbortSignal
}

/**
 * Publishes each state of an own task once, and each piece of its answer, in order of arrival; nothing more after its
 * close. Acceptance is published once the receipt is written, so that a client that waits for one finds the other. No
 * other task waits for that receipt. Disposing stops the publishing, and waits for the receipts that are being written.
 */
export function publishTasks(needs: PublishNeeds): AsyncDisposable {
  const { work, emit, receipts, signal } = needs
  const views = work.list()
  // The key and the published states of each open task, from its post on. A closed task that is missing here publishes
  // nothing more.
  const open = views.filter(({ close }) => close === null)
  const said = new Map(open.map((view) => [view.task, { id: view.id, states: new Set([sayOf(view)]) }]))
  // At most one for each own task of the open epochs. Their chains bound the tasks, and each fetch has its deadline.
  const writing = new Set<Promise<void>>()
  const write = (receipt: Promise<void>): void => {
    writing.add(receipt)
    void receipt.finally(() => writing.delete(receipt))
  }
  const tell = (view: TaskView): void => {
    const { id, task, state, worker } = view
    emit({ type: 'task_state', task_key: id, task, state, peer: worker })
    const closed = closedAs(view)
    if (closed !== null) emit(closed)
  }
  // Tasks that were accepted just before a crash get their receipt now, and others once it can be written.
  const keepAll = (closed: readonly TaskView[]) => {
    for (const view of closed) write(receipts.keep(view, signal))
  }
  const keepMissing = () => write(work.newestRevealed().then(keepAll, () => undefined))
  keepAll(views)
  keepMissing()
  const off = work.events((event) => {
    if (event.type === 'text') {
      const task_key = said.get(event.task)?.id
      if (task_key !== undefined) emit({ type: 'task_text', task_key, text: event.text })
      return
    }
    const { view } = event
    const before = said.get(view.task)
    if (before?.states.has(sayOf(view)) || (before === undefined && view.close !== null)) return
    if (view.close === null)
      said.set(view.task, { id: view.id, states: (before?.states ?? new Set()).add(sayOf(view)) })
    else said.delete(view.task)
    // Only a task's last event waits for a receipt, so the order within a task holds without a queue.
    if (view.state === 'accepted') write(receipts.keep(view, signal).then(() => tell(view)))
    else tell(view)
  })
  const again = setInterval(keepMissing, limits.receipt_again_ms)
  return {
    [Symbol.asyncDispose]: async () => {
      off()
      clearInterval(again)
      await Promise.all(writing)
    },
  }
}

/** Returns the end of a task with its figures; null for an open task. */
function closedAs({ task, state, ended, priority, poster, worker, usage, times }: TaskView) {
  const outcome = closedOutcomes.find((one) => one === state)
  if (outcome === undefined) return null
  const { posted_at, granted_at, closed_at } = times
  const place = worker === null ? 'none' : worker === poster ? 'here' : 'peer'
  const wait_ms = granted_at === null ? null : granted_at - posted_at
  const { tokens_in = 0, tokens_out = 0 } = usage ?? {}
  const total_ms = (closed_at ?? posted_at) - posted_at
  const figures = { place, wait_ms, total_ms, tokens_in, tokens_out } as const
  return { type: 'task_closed', task, outcome, priority, why: ended?.why ?? null, ...figures } as const
}

/**
 * Names a state, so that it is published once. A task without a worker is offered in rounds, which count as one state.
 */
function sayOf({ state, worker, attempts }: TaskView): string {
  return state === 'posted' || state === 'offered' ? state : `${state} ${worker} ${attempts.length}`
}
