/** Restores the state of a daemon after a restart. */
import type { Hands } from './hands.ts'
import { keptGrants, keptResults } from './keep.ts'
import { decodePayload } from './payload.ts'
import type { Draft } from './post.ts'
import { readPast } from './read-past.ts'
import { boundAnswer } from './take-tokens.ts'

/**
 * Rebuilds the state: own events from the chain, and grants, outputs and checked results with their keys from the
 * journal. Leases begin again, because nobody renewed them while the daemon was down.
 */
export async function restore(hands: Hands): Promise<void> {
  for (const held of await keptGrants(hands.needs.journal))
    hands.dispatch({ type: 'restored', held, at: hands.needs.clock.now() })
  await hands.writes.readOwn()
  await giveKeysBack(hands)
  for (const seen of await keptResults(hands.needs.journal))
    if (seen.event) hands.dispatch({ type: 'result_restored', task: seen.event.entry.task, seen })
  await pinAgain(hands)
  await readDrafts(hands)
}

/**
 * Pins the journal's outputs again before their posters are notified, because a power cut may have taken the pinned
 * bytes. If that fails the bytes may still be here, and their poster tries to get them.
 */
async function pinAgain({ needs, signal, state }: Hands): Promise<void> {
  const told = [...state().held.values()].filter(({ run, result }) => result && run?.failed === null)
  await Promise.allSettled(told.map(({ run }) => run && needs.artifacts.add(run.pinned, signal)))
}

/** Gives a key that two tasks share to the older one, where only the older one's epoch was left. */
async function giveKeysBack(hands: Hands): Promise<void> {
  for (const [id, task] of hands.state().keys) {
    const older = (await readPast(id, hands))?.view.task
    if (older && older !== task) hands.dispatch({ type: 'key_left', id, task: older })
  }
}

/**
 * Reads the drafts. A draft that was never committed is kept for a client that comes again, until its task would have
 * expired. A draft whose task is here says who alone may run it, and how long its answer may be.
 */
async function readDrafts(hands: Hands): Promise<void> {
  const { journal, clock } = hands.needs
  for (const [id, value] of await journal.entries('payloads')) {
    const { task, only, payload } = value as unknown as Draft
    const open = hands.state().open.get(hands.state().keys.get(id) ?? '')
    if (open) boundAnswer(open.task.hash, decodePayload(payload), hands)
    if (only !== null && hands.state().keys.has(id)) hands.dispatch({ type: 'only_wanted', id, agent: only })
    const dead = task.created_at + task.deadlines_ms.total < clock.now()
    if (dead && !hands.state().keys.has(id)) await journal.delete('payloads', id)
  }
}
