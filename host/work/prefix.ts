import type { ActionHash, EntryOf } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { prefixDigest } from './payload.ts'
import { readDraft } from './post.ts'

/**
 * A Grant that goes on with the answer of the attempt before: what its reader has seen stays. The text is kept before the Grant
 * is written, because its worker may ask for it after a restart. An output that failed its check is not gone on with, and what
 * was seen of it is forgotten.
 */
export async function goingOn(entry: EntryOf<'Grant'>, hands: Hands): Promise<EntryOf<'Grant'>> {
  const { task, attempt, reason } = entry
  if (attempt === 1) return entry
  if (reason === 'rejected') {
    hands.texts.drop(task)
    return entry
  }
  // A try of this write before, which a crash may have cut off, has decided it.
  const kept = await keptPrefix(task, attempt, hands)
  const text = kept === '' ? hands.texts.freeze(task) : kept
  const posted = hands.state().tasks.get(task)
  const draft = posted && text !== '' ? await readDraft(posted.task.entry.id, hands) : null
  if (!draft) return entry
  await hands.needs.journal.put('prefixes', prefixKey(task, attempt), text)
  return { ...entry, prefix_digest: prefixDigest(draft.salt, text) }
}

/** The text that an attempt goes on with; empty for one that begins anew. */
export async function keptPrefix(task: ActionHash, attempt: number, { needs }: Hands): Promise<string> {
  const kept = await needs.journal.get('prefixes', prefixKey(task, attempt))
  return typeof kept === 'string' ? kept : ''
}

/** Where the text is kept that an attempt goes on with. */
export function prefixKey(task: ActionHash, attempt: number): string {
  return `${task}/${attempt}`
}
