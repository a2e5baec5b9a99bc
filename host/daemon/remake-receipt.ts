import { epochAt } from '../config/epoch.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import type { TaskView } from '../mesh/view.ts'
import type { AgentKey } from '../types/events.ts'
import { type ArchivePlace, archiveFile, receiptFromArchive } from './archive-epoch.ts'

/** An accepted task whose receipt is missing, and where it belongs. */
export interface Missing {
  readonly view: Pick<TaskView, 'task' | 'times'>
  readonly agent: AgentKey
  readonly file: string
}

/**
 * Writes the receipt of a task of an epoch that was left, where the archive of that epoch gives it. Prompt and answer are
 * not in it: what opens them was in the receipt that is gone. Never rejects; where no archive gives it, there is none.
 */
export async function remakeReceipt(
  { view, agent, file }: Missing,
  place: ArchivePlace,
  signal: AbortSignal,
): Promise<void> {
  const posted = epochAt(view.times.posted_at, place.rules)
  // What is written as an epoch begins may still be of the one before.
  for (const epoch of [posted, posted - 1])
    try {
      return await writeAtomic(
        file,
        await receiptFromArchive(archiveFile(place, epoch), agent, view.task, signal),
      )
    } catch {
      // It is not in this one, or there is none.
    }
}
