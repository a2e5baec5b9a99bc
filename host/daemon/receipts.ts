/** Writes the receipts of accepted tasks to the data folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../files/write-atomic.ts'
import type { TaskView } from '../mesh/view.ts'
import type { Emit } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'

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
   * Writes the receipt of an accepted task, unless it exists or is being written. Failures are logged; `keepFailed`
   * retries them.
   */
  keep(view: TaskView, signal: AbortSignal): Promise<void>
  /**
   * Retries the receipts that could not be written: the disk was full, or their contents had not arrived. Only one
   * retry runs at a time, because two would write the same draft.
   */
  keepFailed(signal: AbortSignal): Promise<void>
  /** Stops retrying the receipt of a task: its epoch was left, and the receipt's contents are not available. */
  giveUp(task: string): void
}

/** Opens the folder of receipts. Each is written whole or not at all; receipts stay when a session ends. */
export function openReceipts(needs: ReceiptNeeds): Receipts {
  const fileOf = (task: string): string => join(needs.folder, `${task}.receipt`)
  const failed = new Map<string, TaskView>()
  const write = async (view: TaskView, signal: AbortSignal): Promise<void> => {
    // The receipt may have been made from the archive of its epoch meanwhile.
    if (existsSync(fileOf(view.task))) return void failed.delete(view.task)
    try {
      await writeAtomic(fileOf(view.task), await needs.make(view, signal))
      failed.delete(view.task)
    } catch (thrown) {
      failed.set(view.task, view)
      needs.emit({ type: 'receipt_unwritten', task: view.task, ...failureOf(thrown) }, thrown)
    }
  }
  const writing = new Map<string, Promise<void>>()
  const keep = (view: TaskView, signal: AbortSignal): Promise<void> => {
    if (view.state !== 'accepted') return Promise.resolve()
    const begun = writing.get(view.task) ?? write(view, signal).finally(() => writing.delete(view.task))
    writing.set(view.task, begun)
    return begun
  }
  const retry = async (signal: AbortSignal): Promise<void> => {
    for (const view of failed.values()) await keep(view, signal)
  }
  let retrying: Promise<void> | null = null
  return {
    fileOf,
    pathOf: (view) => (view.state === 'accepted' && existsSync(fileOf(view.task)) ? fileOf(view.task) : null),
    keep,
    giveUp: (task) => void failed.delete(task),
    keepFailed: (signal) => {
      retrying ??= retry(signal).finally(() => {
        retrying = null
      })
      return retrying
    },
  }
}
