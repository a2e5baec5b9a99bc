import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'
import { keptGrants } from './keep.ts'
import type { JournalValue } from './port.ts'

/**
 * Rebuilds what a daemon knew: own events from its chain, grants and outputs from its journal, and what opens the
 * outputs of tasks that it was about to accept. Leases begin anew, for nobody renewed them while it was down.
 */
export async function restore(hands: Hands): Promise<void> {
  for (const held of await keptGrants(hands.needs.journal)) hands.dispatch({ type: 'restored', held })
  await hands.writes.readOwn()
  for (const [task, value] of await hands.needs.journal.entries('secrets')) restoreSecrets(task, value, hands)
  await dropStaleDrafts(hands)
}

function restoreSecrets(task: ActionHash, value: JournalValue, hands: Hands): void {
  const posted = hands.state().tasks.get(task)
  const kept = value as unknown as { attempt: number; result: ActionHash; salt: Uint8Array; key: Uint8Array | null }
  const worker = posted?.grants[kept.attempt - 1]?.entry.worker
  if (!posted || posted.close || !worker) return
  const message = { type: 'result', task, ...kept } as const
  hands.dispatch({ type: 'message_received', from: worker, message, at: hands.needs.clock.now() })
}

/** A draft that was never committed is kept for a client that comes again, until its task would have expired. */
async function dropStaleDrafts(hands: Hands): Promise<void> {
  const { journal, clock } = hands.needs
  const posted = new Set([...hands.state().tasks.values()].map((one) => one.task.entry.id))
  for (const [id, value] of await journal.entries('payloads')) {
    const { task } = value as unknown as { task: { created_at: number; deadlines_ms: { total: number } } }
    const dead = task.created_at + task.deadlines_ms.total < clock.now()
    if (dead && !posted.has(id)) await journal.delete('payloads', id)
  }
}
