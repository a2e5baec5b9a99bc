/** Decides which text an attempt continues, and persists it. */
import type { ActionHash, EntryOf } from '../../types/events.ts'
import { isPlainText } from '../../types/tool-answer.ts'
import type { PosterContext, WorkContext } from '../context/context.ts'
import { decodePayload, prefixDigest } from '../context/payload.ts'
import { readDraft } from './draft.ts'

/**
 * Returns a Grant that continues the plain text of the attempt before, so that its reader keeps what it has seen. The
 * text is persisted before the Grant is written, because its worker may request it after a restart. Any other answer
 * starts from the beginning, because nobody judges half a document.
 */
export async function goingOn(entry: EntryOf<'Grant'>, context: PosterContext): Promise<EntryOf<'Grant'>> {
  const { task, attempt } = entry
  if (attempt === 1) return entry
  const posted = context.state().open.get(task)
  const draft = posted ? await readDraft(posted.task.entry.id, context) : null
  const isPlain = draft !== null && isPlainText(decodePayload(draft.payload))
  const text = isPlain ? await textBefore(entry, context) : context.texts.freeze(task, attempt - 1, '')
  if (draft === null || text === '') {
    // Text that an earlier try of this write persisted must not reach the worker.
    await context.needs.journal.delete('prefixes', prefixKey(task, attempt))
    return entry
  }
  await context.needs.journal.put('prefixes', prefixKey(task, attempt), text)
  return { ...entry, prefix_digest: prefixDigest(draft.salt, text) }
}

/**
 * Returns the plain text that the attempt of a Grant continues. From now on nothing of the attempt before is taken. An
 * output that failed its check is not continued. Its own prefix is continued, because it comes from the attempts
 * before.
 */
async function textBefore(
  { task, attempt, reason }: EntryOf<'Grant'>,
  context: PosterContext,
): Promise<string> {
  const before = attempt - 1
  if (reason === 'rejected')
    return context.texts.freeze(task, before, await journaledPrefix(task, before, context))
  // An earlier try of this write, which a crash may have cut off, has decided it.
  const kept = await journaledPrefix(task, attempt, context)
  return kept === '' ? context.texts.freeze(task, before) : kept
}

/** Returns the text that an attempt continues; empty where it starts from the beginning. */
export async function journaledPrefix(
  task: ActionHash,
  attempt: number,
  { needs }: WorkContext,
): Promise<string> {
  const kept = await needs.journal.get('prefixes', prefixKey(task, attempt))
  return typeof kept === 'string' ? kept : ''
}

/** Returns the journal's key for the text that an attempt continues. */
export function prefixKey(task: ActionHash, attempt: number): string {
  return `${task}/${attempt}`
}
