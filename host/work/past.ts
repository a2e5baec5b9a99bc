/** Persists the closed tasks of an epoch before it is left. */
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

/** Tasks that are persisted in one transaction. */
const tasksAtOnce = 32

/**
 * Persists how each closed task of an epoch ended, and what its key was used for. Payloads and the keys of outputs are
 * in the receipts. Rejects with `RIPPLE_EPOCH_IN_USE` while anything is open there.
 *
 * Each transaction blocks all else until it is synced, so the leases of local runs are renewed between two of them.
 * Each task is persisted whole or not at all. All are forgotten together at the end, so another try continues after an
 * interruption.
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
 * Returns the changes that persist one task and delete its other entries from the journal. A record of an earlier try
 * stays as it is, because its source is gone.
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
 * Returns the changes that persist a task's key and delete the payload under it. A key that is there twice belongs to
 * its older task. An older task in another open epoch still needs the payload; one whose epoch was left has the key
 * already.
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
