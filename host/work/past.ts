import { RippleError } from '../errors/ripple-error.ts'
import { heldOpenBy, tasksOf } from '../mesh/leaving.ts'
import type { Posted } from '../mesh/posted.ts'
import { viewTask } from '../mesh/view.ts'
import type { ActionHash, DnaHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import type { JournalChange, JournalValue } from './port.ts'
import { contentOf, readDraft } from './post.ts'
import type { Past } from './read-past.ts'

/** Tasks that are kept in one transaction. */
const tasksAtOnce = 32

/**
 * Keeps what a daemon must still know of the closed tasks of an epoch that is being left: how each ended, and what its
 * key was used for. Their payloads and the keys of their outputs are in their receipts. Rejects with
 * `RIPPLE_EPOCH_IN_USE` while anything is open there.
 *
 * A transaction is synced before anything else goes on, so between any two the leases of what runs here are renewed. Each
 * task is kept whole or not at all, and is forgotten when all are: another try goes on after what broke this one off.
 */
export async function keepPast(dna: DnaHash, hands: Hands): Promise<void> {
  const { journal, clock } = hands.needs
  const kept = new Set<ActionHash>()
  for (;;) {
    refuseOpen(dna, hands)
    const left = tasksOf(hands.state(), dna).filter(({ task }) => !kept.has(task.hash))
    if (left.length === 0) break
    const some = left.slice(0, tasksAtOnce)
    const changes = await Promise.all(some.map((posted) => keeping(posted, hands)))
    await journal.batch(changes.flat())
    for (const { task } of some) kept.add(task.hash)
    await clock.sleep(1, hands.signal)
  }
  hands.dispatch({ type: 'epoch_left', dna })
}

function refuseOpen(dna: DnaHash, hands: Hands): void {
  const [open] = heldOpenBy(hands.state(), dna)
  if (open) throw new RippleError('RIPPLE_EPOCH_IN_USE', { by: open })
}

/** What keeps one task, and takes the rest of it out of the journal. */
async function keeping(posted: Posted, hands: Hands): Promise<JournalChange[]> {
  const { hash, entry } = posted.task
  const secrets = [...posted.results.keys()]
  return [
    ...((await keptBefore(hash, hands)) ? [] : await pastOf(posted, hands)),
    { type: 'delete', bucket: 'payloads', key: entry.id },
    ...secrets.map((key) => ({ type: 'delete', bucket: 'secrets', key }) as const),
  ]
}

/** Whether a try before this one has kept a task. What that was made from is gone, so it must not be made again. */
async function keptBefore(task: ActionHash, { needs }: Hands): Promise<boolean> {
  return (await needs.journal.get('past', task)) !== null
}

async function pastOf(posted: Posted, hands: Hands): Promise<JournalChange[]> {
  const { hash, entry } = posted.task
  const draft = await readDraft(entry.id, hands)
  const view = viewTask(hands.state(), posted, hands.needs.clock.now())
  const past: Past = { view, content: draft && contentOf(draft) }
  // Documents all the way down, as the journal wants them; the type says so only field by field.
  const value = past as unknown as JournalValue
  return [entry.id, hash].map((key) => ({ type: 'put', bucket: 'past', key, value }))
}
