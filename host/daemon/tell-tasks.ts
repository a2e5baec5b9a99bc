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
 * Tells each change of state of an own task, and each piece of its answer, in the order in which they come; nothing more of
 * one that is closed. That a task is accepted is told when its receipt is written, so that whoever waits for the one finds
 * the other; no other task waits for that. Disposing ends the telling, and waits for the receipts that are being written.
 */
export function tellTasks(needs: TellNeeds): AsyncDisposable {
  const { work, hub, receipts, signal } = needs
  const views = work.list()
  // Each open task is in here, from its post on: one that is not was closed, and nothing more is said of it.
  const last = new Map(views.filter(({ close }) => close === null).map((view) => [view.task, sayOf(view)]))
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
    const said = last.get(view.task)
    if (said === sayOf(view) || (said === undefined && view.close !== null)) return
    if (view.close === null) last.set(view.task, sayOf(view))
    else last.delete(view.task)
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

function sayOf(view: TaskView): string {
  return `${view.state} ${view.worker} ${view.attempts.length}`
}
