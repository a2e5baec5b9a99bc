/** Reads tasks of epochs that were left from the journal. */
import type { TaskView } from '../mesh/view.ts'
import type { ActionHash, Millis } from '../types/events.ts'
import type { Hands } from './hands.ts'

/** Tasks that are read from the journal in one go. */
const readAtOnce = 128

/** The stored record of a task whose epoch was left. */
export interface Past {
  readonly view: TaskView
  /** Digest of what its key was used for; null where that was lost. */
  readonly content: string | null
}

/** Returns the task of an epoch that was left, by its hash or by the client's key; null for any other. */
export async function readPast(task: string, hands: Hands): Promise<Past | null> {
  const { journal } = hands.needs
  const kept = await journal.get('past', task)
  // A key is stored with its task's hash; older journals hold the whole record under both. Only `keepPast` writes this
  // bucket, and the journal keeps documents as they are.
  return (typeof kept === 'string' ? await journal.get('past', kept) : kept) as unknown as Past | null
}

/** Returns the key that orders a task's hash by time. */
export function timeKey(at: Millis, task: ActionHash): string {
  return `${String(at).padStart(16, '0')} ${task}`
}

/**
 * Returns the newest tasks of epochs that were left, newest first, and at most `most`. Tasks that an older daemon
 * stored have no place in the order of time, and are found by their ids alone.
 */
export async function newestPast(
  most: number,
  { needs: { journal, clock }, signal }: Hands,
): Promise<TaskView[]> {
  const views: TaskView[] = []
  for (const [place, [, task]] of (await journal.last('past_times', most)).entries()) {
    // A read from disk blocks all else, so the leases of local runs are renewed between two batches.
    if (place > 0 && place % readAtOnce === 0) await clock.sleep(1, signal)
    const past = (await journal.get('past', String(task))) as unknown as Past | null
    if (past !== null) views.push(past.view)
  }
  return views
}

/**
 * Returns the hashes of tasks of left epochs whose key or hash begins with `prefix`: two at most, because more tell no
 * more.
 */
export async function pastBeginning(prefix: string, { needs: { journal } }: Hands): Promise<ActionHash[]> {
  const kept = await journal.beginning('past', prefix, 2)
  const hashes = kept.map(([, one]) => (typeof one === 'string' ? one : (one as unknown as Past).view.task))
  return [...new Set(hashes)]
}
