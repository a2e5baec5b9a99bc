import type { ActionHash, EntryOf } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { decodePayload, prefixDigest } from './payload.ts'
import { readDraft } from './post.ts'
import { mayBegin } from './wrong-form.ts'

/**
 * A Grant that goes on with the answer of the attempt before: what its reader has seen stays. The text is kept before the Grant
 * is written, because its worker may ask for it after a restart. An output that failed its check is not gone on with, nor is a text
 * that no answer of the form begins with, but what it had begun with is: that is of the attempts before it. Nothing is gone on with
 * once a worker has said that the form is at fault: what it was to go on with may be, which a grammar tells more closely than is
 * looked at here.
 */
export async function goingOn(entry: EntryOf<'Grant'>, hands: Hands): Promise<EntryOf<'Grant'>> {
  const { task, attempt } = entry
  if (attempt === 1) return entry
  const streamed = await textBefore(entry, hands)
  const posted = hands.state().tasks.get(task)
  const draft = posted && streamed !== '' ? await readDraft(posted.task.entry.id, hands) : null
  if (!draft) return begunAnew(entry, hands)
  // No machine could go on with it, and the first to say so would be taken to say that nobody can answer.
  const begins = mayBegin(streamed, decodePayload(draft.payload))
  const text = begins ? streamed : await goneBack(entry, hands)
  if (text === '') return begunAnew(entry, hands)
  await hands.needs.journal.put('prefixes', prefixKey(task, attempt), text)
  return { ...entry, prefix_digest: prefixDigest(draft.salt, text) }
}

/** A Grant that goes on with nothing: what a try of its write before has kept is not given to its worker. */
async function begunAnew(entry: EntryOf<'Grant'>, hands: Hands): Promise<EntryOf<'Grant'>> {
  await hands.needs.journal.delete('prefixes', prefixKey(entry.task, entry.attempt))
  return entry
}

/** What the attempt of a Grant goes on with. From now on nothing of the attempt before it is taken. */
async function textBefore(entry: EntryOf<'Grant'>, hands: Hands): Promise<string> {
  const { task, attempt, reason } = entry
  if (isFormAtFault(entry, hands)) {
    hands.texts.goBack(task, attempt - 1, '')
    return ''
  }
  // A try of this write before, which a crash may have cut off, has decided it.
  const kept = await keptPrefix(task, attempt, hands)
  if (reason !== 'rejected') return kept === '' ? hands.texts.freeze(task, attempt - 1) : kept
  return goneBack({ task, attempt }, hands)
}

/** Whether the attempt before has failed because of the form of the answer. */
function isFormAtFault({ task, prev }: EntryOf<'Grant'>, hands: Hands): boolean {
  const status = hands.state().tasks.get(task)?.results.get(prev)?.event?.entry.status
  return status?.type === 'failed' && status.code === 'body_invalid'
}

/** What the attempt before had begun with, which is all that counts of it now. */
async function goneBack(
  { task, attempt }: Pick<EntryOf<'Grant'>, 'task' | 'attempt'>,
  hands: Hands,
): Promise<string> {
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
