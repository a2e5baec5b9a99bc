import { RippleError } from '../errors/ripple-error.ts'
import { heldOpenBy, tasksOf } from '../mesh/leaving.ts'
import type { Posted } from '../mesh/posted.ts'
import { viewTask } from '../mesh/view.ts'
import type { ActionHash, DnaHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import type { JournalChange, JournalValue } from './port.ts'
import { byId, contentOf, readDraft } from './post.ts'
import { prefixKey } from './prefix.ts'
import { type Past, timeKey } from './read-past.ts'

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

/**
 * What keeps one task, and takes the rest of it out of the journal. What a try before this one has kept stays as it is:
 * what it was made from is gone.
 */
async function keeping(posted: Posted, hands: Hands): Promise<JournalChange[]> {
  const { journal } = hands.needs
  const { hash, entry } = posted.task
  const past = (await journal.get('past', hash)) === null ? await pastOf(posted, hands) : []
  const secrets = [...posted.results.keys()]
  const prefixes = posted.grants.map((grant) => prefixKey(hash, grant.entry.attempt))
  return [
    ...past,
    ...(await keyOf(entry.id, hash, hands)),
    ...secrets.map((key) => ({ type: 'delete', bucket: 'secrets', key }) as const),
    ...prefixes.map((key) => ({ type: 'delete', bucket: 'prefixes', key }) as const),
  ]
}

async function pastOf(posted: Posted, hands: Hands): Promise<JournalChange[]> {
  const { hash, entry, at } = posted.task
  const draft = await readDraft(entry.id, hands)
  const view = viewTask(hands.state(), posted, hands.needs.clock.now())
  const past: Past = { view, content: draft && contentOf(draft) }
  // Documents all the way down, as the journal wants them; the type says so only field by field.
  const value = past as unknown as JournalValue
  return [
    { type: 'put', bucket: 'past', key: hash, value },
    { type: 'put', bucket: 'past_times', key: timeKey(at, hash), value: hash },
  ]
}

/**
 * What keeps a task's key, and drops the payload that lies under it. A key that stands there twice is its older task's:
 * one in another open epoch still needs the payload, and one whose epoch was left has the key already.
 */
async function keyOf(id: string, task: ActionHash, hands: Hands): Promise<JournalChange[]> {
  const first = byId(hands, id)
  if (first && first.task.hash !== task) return []
  const isKept = (await hands.needs.journal.get('past', id)) !== null
  return [
    ...(isKept ? [] : [{ type: 'put', bucket: 'past', key: id, value: task } as const]),
    { type: 'delete', bucket: 'payloads', key: id },
  ]
}
