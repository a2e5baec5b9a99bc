import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { toRippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import type { TaskView } from '../mesh/view.ts'
import type { Log } from '../telemetry/log.ts'

/** What the receipts need of the daemon. */
export interface ReceiptNeeds {
  readonly folder: string
  /** Makes the receipt of an accepted task. */
  make(view: TaskView, signal: AbortSignal): Promise<Uint8Array>
  readonly log: Log
}

/** The receipts of the tasks that this daemon posted. */
export interface Receipts {
  /** Where a task's receipt lies, or would lie. */
  fileOf(task: string): string
  /** Path of a task's receipt, or null where there is none. */
  pathOf(view: Pick<TaskView, 'task' | 'state'>): string | null
  /** Writes the receipt of an accepted task, unless it is there or is being written. What fails is logged; `keepFailed` tries it again. */
  keep(view: TaskView, signal: AbortSignal): Promise<void>
  /**
   * Writes the receipts that could not be written: the disk was full, or what they hold had not arrived. While a try goes on it
   * is the only one: two would write the same draft.
   */
  keepFailed(signal: AbortSignal): Promise<void>
  /** Tries no more to write the receipt of a task: its epoch was left, and what it would hold is not there. */
  giveUp(task: string): void
}

/** Opens the folder of receipts. Each is written whole or not at all; receipts stay when a session ends. */
export function openReceipts(needs: ReceiptNeeds): Receipts {
  const fileOf = (task: string): string => join(needs.folder, `${task}.receipt`)
  const failed = new Map<string, TaskView>()
  const write = async (view: TaskView, signal: AbortSignal): Promise<void> => {
    // The archive of its epoch may have given it meanwhile.
    if (existsSync(fileOf(view.task))) return void failed.delete(view.task)
    try {
      await writeAtomic(fileOf(view.task), await needs.make(view, signal))
      failed.delete(view.task)
    } catch (thrown) {
      failed.set(view.task, view)
      needs.log.error(
        { err: thrown, task: view.task },
        `no receipt was written: ${toRippleError(thrown).message}`,
      )
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
