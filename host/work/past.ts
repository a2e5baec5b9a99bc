import { RippleError } from '../errors/ripple-error.ts'
import { heldOpenBy, tasksOf } from '../mesh/leaving.ts'
import { viewTask } from '../mesh/view.ts'
import type { DnaHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import type { JournalValue } from './port.ts'
import { contentOf, readDraft } from './post.ts'
import type { Past } from './read-past.ts'

/**
 * Keeps what a daemon must still know of the closed tasks of an epoch that is being left: how each ended, and what its
 * key was used for. Their payloads and the keys of their outputs are in their receipts. Rejects with
 * `RIPPLE_EPOCH_IN_USE` while anything is open there.
 */
export async function keepPast(dna: DnaHash, hands: Hands): Promise<void> {
  const [open] = heldOpenBy(hands.state(), dna)
  if (open) throw new RippleError('RIPPLE_EPOCH_IN_USE', { by: open })
  const { journal } = hands.needs
  const state = hands.state()
  const now = hands.needs.clock.now()
  const gone = tasksOf(state, dna)
  for (const posted of gone) {
    const { hash, entry } = posted.task
    const draft = await readDraft(entry.id, hands)
    const past: Past = { view: viewTask(state, posted, now), content: draft && contentOf(draft) }
    // Documents all the way down, as the journal wants them; the type says so only field by field.
    for (const key of [entry.id, hash]) await journal.put('past', key, past as unknown as JournalValue)
  }
  for (const { task, results } of gone) {
    await journal.delete('payloads', task.entry.id)
    for (const authority of results.keys()) await journal.delete('secrets', authority)
  }
  hands.dispatch({ type: 'epoch_left', dna })
}
