import type { ActionHash, EntryOf } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { prefixDigest } from './payload.ts'
import { readDraft } from './post.ts'

/**
 * A Grant that goes on with the answer of the attempt before: what its reader has seen stays. The text is kept before the Grant
 * is written, because its worker may ask for it after a restart. An output that failed its check is not gone on with, but what it
 * had begun with is: that is of the attempts before it.
 */
export async function goingOn(entry: EntryOf<'Grant'>, hands: Hands): Promise<EntryOf<'Grant'>> {
  const { task, attempt } = entry
  if (attempt === 1) return entry
  const text = await textBefore(entry, hands)
  const posted = hands.state().tasks.get(task)
  const draft = posted && text !== '' ? await readDraft(posted.task.entry.id, hands) : null
  if (!draft) return entry
  await hands.needs.journal.put('prefixes', prefixKey(task, attempt), text)
  return { ...entry, prefix_digest: prefixDigest(draft.salt, text) }
}

/** What the attempt of a Grant goes on with. From now on nothing of the attempt before it is taken. */
async function textBefore({ task, attempt, reason }: EntryOf<'Grant'>, hands: Hands): Promise<string> {
  // A try of this write before, which a crash may have cut off, has decided it.
  const kept = await keptPrefix(task, attempt, hands)
  if (reason !== 'rejected') return kept === '' ? hands.texts.freeze(task, attempt - 1) : kept
  const before = await keptPrefix(task, attempt - 1, hands)
  hands.texts.goBack(task, attempt - 1, before)
  return before
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
