import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view.ts'
import type { EventHub } from '../telemetry/events.ts'
import type { Work } from '../work/work.ts'
import type { Receipts } from './receipts.ts'

/** What is told of a task and to whom. */
export interface TellNeeds {
  readonly work: Pick<Work, 'list' | 'show' | 'events'>
  readonly hub: Pick<EventHub, 'tell'>
  readonly receipts: Pick<Receipts, 'keep' | 'keepFailed'>
  readonly signal: AbortSignal
}

/**
 * Tells each state of an own task once, and each piece of its answer, in the order in which they come; nothing more of one that
 * is closed. That a task is accepted is told when its receipt is written, so that whoever waits for the one finds
 * the other; no other task waits for that. Disposing ends the telling, and waits for the receipts that are being written.
 */
export function tellTasks(needs: TellNeeds): AsyncDisposable {
  const { work, hub, receipts, signal } = needs
  const views = work.list()
  // The states that were told of each open task, from its post on. Nothing more is told of a closed task that is not in here.
  const open = views.filter(({ close }) => close === null)
  const said = new Map(open.map((view) => [view.task, new Set([sayOf(view)])]))
  // At most one for each own task of the open epochs, whose chains bound those, and each fetch has its deadline.
  const writing = new Set<Promise<void>>()
  const write = (receipt: Promise<void>): void => {
    writing.add(receipt)
    void receipt.finally(() => writing.delete(receipt))
  }
  const tell = (view: TaskView): void =>
    hub.tell({ key: view.id, kind: 'state', text: view.state, peer: view.worker })
  // Tasks that were accepted just before a crash get their receipt now.
  for (const view of views) write(receipts.keep(view, signal))
  const off = work.events((event) => {
    if (event.type === 'text') {
      hub.tell({ key: work.show(event.task).id, kind: 'tokens', text: event.text, peer: null })
      return
    }
    const { view } = event
    const before = said.get(view.task)
    if (before?.has(sayOf(view)) || (before === undefined && view.close !== null)) return
    if (view.close === null) said.set(view.task, (before ?? new Set()).add(sayOf(view)))
    else said.delete(view.task)
    // A receipt is awaited by what is told of its task last alone, so the order within a task holds without a queue.
    if (view.state === 'accepted') write(receipts.keep(view, signal).then(() => tell(view)))
    else tell(view)
  })
  const again = setInterval(() => write(receipts.keepFailed(signal)), limits.receipt_again_ms)
  return {
    [Symbol.asyncDispose]: async () => {
      off()
      clearInterval(again)
      await Promise.all(writing)
    },
  }
}

/** Names a state, so that it is told once. A task without a worker is offered round after round, which is one state. */
function sayOf({ state, worker, attempts }: TaskView): string {
  return state === 'posted' || state === 'offered' ? state : `${state} ${worker} ${attempts.length}`
}
