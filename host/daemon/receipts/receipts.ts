/** Writes the receipts of accepted tasks to the data folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../../files/write-atomic.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'

/** Parts of the daemon that the receipts use. */
export interface ReceiptNeeds {
  readonly folder: string
  /** Makes the receipt of an accepted task. */
  make(view: TaskView, signal: AbortSignal): Promise<Uint8Array>
  readonly emit: Emit
}

/** The receipts of the tasks that this daemon posted. */
export interface Receipts {
  /** Returns the path for a task's receipt, whether or not it exists. */
  fileOf(task: string): string
  /** Returns the path of a task's receipt; null without one. */
  pathOf(view: Pick<TaskView, 'task' | 'state'>): string | null
  /**
   * Writes the receipt of an accepted task, unless it exists or is being written. A failure is logged: the disk was full,
   * or the receipt's contents had not arrived.
   */
  keep(view: TaskView, signal: AbortSignal): Promise<void>
}

/** Opens the folder of receipts. Each is written whole or not at all; receipts stay when a session ends. */
export function openReceipts(needs: ReceiptNeeds): Receipts {
  const fileOf = (task: string): string => join(needs.folder, `${task}.receipt`)
  const write = async (view: TaskView, signal: AbortSignal): Promise<void> => {
    if (existsSync(fileOf(view.task))) return
    try {
      await writeAtomic(fileOf(view.task), await needs.make(view, signal))
    } catch (thrown) {
      needs.emit({ type: 'receipt_unwritten', task: view.task, ...failureOf(thrown) }, thrown)
    }
  }
  const writing = new Map<string, Promise<void>>()
  return {
    fileOf,
    pathOf: (view) => (view.state === 'accepted' && existsSync(fileOf(view.task)) ? fileOf(view.task) : null),
    keep: (view, signal) => {
      if (view.state !== 'accepted') return Promise.resolve()
      const begun = writing.get(view.task) ?? write(view, signal).finally(() => writing.delete(view.task))
      writing.set(view.task, begun)
      return begun
    },
  }
}
