import type { Hands } from './hands.ts'
import { keptGrants, keptResults } from './keep.ts'
import { decodePayload } from './payload.ts'
import type { Draft } from './post.ts'
import { readPast } from './read-past.ts'
import { boundAnswer } from './take-tokens.ts'

/**
 * Rebuilds what a daemon knew: own events from its chain, grants and outputs from its journal, and the results
 * that it has checked, with what opens them. Leases begin anew, for nobody renewed them while it was down.
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
 * A power cut may have taken what was pinned while the journal holds it: it is stored again before its poster is told of it.
 * Where that fails the bytes may be here all the same, and their poster tries to get them.
 */
async function pinAgain({ needs, signal, state }: Hands): Promise<void> {
  const told = [...state().held.values()].filter(({ run, result }) => result && run?.failed === null)
  await Promise.allSettled(told.map(({ run }) => run && needs.artifacts.add(run.pinned, signal)))
}

/** A key is its older task's, where that one is of an epoch that was left and a twin of it is not. */
async function giveKeysBack(hands: Hands): Promise<void> {
  for (const [id, task] of hands.state().keys) {
    const older = (await readPast(id, hands))?.view.task
    if (older && older !== task) hands.dispatch({ type: 'key_left', id, task: older })
  }
}

/**
 * A draft that was never committed is kept for a client that comes again, until its task would have expired. One whose task is
 * here says who alone may run that, and how long its answer may be.
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
