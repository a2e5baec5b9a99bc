/** Makes a lost receipt again from the archive of its epoch. */
import { epochAt } from '../../config/epoch.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import type { AgentKey } from '../../types/events.ts'
import { type ArchivePlace, archiveFile, receiptFromArchive } from './archive-epoch.ts'

/** An accepted task whose receipt is missing, and the path for it. */
export interface Missing {
  readonly view: Pick<TaskView, 'task' | 'times'>
  readonly agent: AgentKey
  readonly file: string
}

/**
 * Writes the receipt of a task of a left epoch, if the archive of that epoch has all of it. Prompt and answer are not
 * included, because the secrets that open them were in the lost receipt. Never rejects; if no archive has the task,
 * there is no receipt.
 */
export async function remakeReceipt(
  { view, agent, file }: Missing,
  place: ArchivePlace,
  signal: AbortSignal,
): Promise<void> {
  const posted = epochAt(view.times.posted_at, place.rules)
  // A task that is posted as an epoch begins may still be in the epoch before.
  for (const epoch of [posted, posted - 1])
    try {
      return await writeAtomic(
        file,
        await receiptFromArchive(archiveFile(place, epoch), agent, view.task, signal),
      )
    } catch {
      // The task is not in this archive, or there is no archive.
    }
}
