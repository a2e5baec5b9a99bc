import type { TaskView } from '../mesh/view.ts'
import type { Hands } from './hands.ts'

/** What is kept of a task whose epoch was left. */
export interface Past {
  readonly view: TaskView
  /** Digest of what its key was used for; null where that was lost. */
  readonly content: string | null
}

/** The task of an epoch that was left, by its hash or by the client's key; null for another one. */
export async function readPast(task: string, hands: Hands): Promise<Past | null> {
  const { journal } = hands.needs
  const kept = await journal.get('past', task)
  // A key is kept with its task's hash; older journals hold the whole under both. Only `keepPast` writes this bucket, and
  // the journal keeps documents as they are.
  return (typeof kept === 'string' ? await journal.get('past', kept) : kept) as unknown as Past | null
}
