// Decides which text an attempt goes on with, and keeps it.
import type { ActionHash, EntryOf } from '../types/events.ts'
import { isPlainText } from '../types/tool-answer.ts'
import type { Hands } from './hands.ts'
import { decodePayload, prefixDigest } from './payload.ts'
import { readDraft } from './post.ts'

/**
 * A Grant that goes on with the plain text of the attempt before: what its reader has seen stays. The text is kept before the Grant is
 * written, because its worker may ask for it after a restart. Any other answer begins anew, for nobody judges half a document.
 */
export async function goingOn(entry: EntryOf<'Grant'>, hands: Hands): Promise<EntryOf<'Grant'>> {
  const { task, attempt } = entry
  if (attempt === 1) return entry
  const posted = hands.state().tasks.get(task)
  const draft = posted ? await readDraft(posted.task.entry.id, hands) : null
  const isPlain = draft !== null && isPlainText(decodePayload(draft.payload))
  const text = isPlain ? await textBefore(entry, hands) : hands.texts.freeze(task, attempt - 1, '')
  if (draft === null || text === '') {
    // What a try of its write before has kept is not given to its worker.
    await hands.needs.journal.delete('prefixes', prefixKey(task, attempt))
    return entry
  }
  await hands.needs.journal.put('prefixes', prefixKey(task, attempt), text)
  return { ...entry, prefix_digest: prefixDigest(draft.salt, text) }
}

/**
 * The plain text that the attempt of a Grant goes on with. From now on nothing of the attempt before it is taken. An output that failed
 * its check is not gone on with, but what it had begun with is: that is of the attempts before it.
 */
async function textBefore({ task, attempt, reason }: EntryOf<'Grant'>, hands: Hands): Promise<string> {
  const before = attempt - 1
  if (reason === 'rejected') return hands.texts.freeze(task, before, await keptPrefix(task, before, hands))
  // A try of this write before, which a crash may have cut off, has decided it.
  const kept = await keptPrefix(task, attempt, hands)
  return kept === '' ? hands.texts.freeze(task, before) : kept
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
