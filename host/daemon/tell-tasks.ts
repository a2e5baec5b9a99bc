import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view.ts'
import type { EventHub } from '../telemetry/events.ts'
import type { Work } from '../work/work.ts'
import type { Receipts } from './receipts.ts'

/** What is told of a task and to whom. */
export interface TellNeeds {
  readonly work: Work
  readonly hub: EventHub
  readonly receipts: Receipts
  readonly signal: AbortSignal
}

/**
 * Tells each change of state of an own task, and each piece of its answer, in order. That a task is accepted is told
 * when its receipt is written, so that whoever waits for the one finds the other. Disposing ends the telling.
 */
export function tellTasks(needs: TellNeeds): AsyncDisposable {
  const { work, hub, receipts, signal } = needs
  const last = new Map(work.list().map((view) => [view.task, sayOf(view)]))
  // Tasks that were accepted just before a crash get their receipt now.
  let turn = Promise.all(work.list().map((view) => receipts.keep(view, signal))).then(() => {})
  const told = async (view: TaskView): Promise<void> => {
    await receipts.keep(view, signal)
    hub.tell({ key: view.id, kind: 'state', text: view.state, peer: view.worker })
  }
  const off = work.events((event) => {
    if (event.type === 'text') {
      const key = work.show(event.task).id
      turn = turn.then(() => hub.tell({ key, kind: 'tokens', text: event.text, peer: null }))
      return
    }
    const { view } = event
    if (last.get(view.task) === sayOf(view)) return
    last.set(view.task, sayOf(view))
    turn = turn.then(() => told(view))
  })
  const again = setInterval(() => {
    turn = turn.then(() => receipts.keepFailed(signal))
  }, limits.receipt_again_ms)
  return {
    [Symbol.asyncDispose]: async () => {
      off()
      clearInterval(again)
      await turn
    },
  }
}

function sayOf(view: TaskView): string {
  return `${view.state} ${view.worker} ${view.attempts.length}`
}
