import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'

/**
 * Gives a grant back that was not run, so that its poster need not wait for the lease to end, and forgets it. Should
 * the word be lost, the lease ends by the poster's clock.
 */
export async function release(grant: ActionHash, hands: Hands): Promise<void> {
  const held = hands.state().held.get(grant)
  if (!held || held.run || held.ended) return
  const { task, attempt, poster } = held
  await hands.needs.journal.delete('runs', grant)
  await hands.send(poster, { type: 'released', task, attempt, reason: 'draining' })
  hands.dispatch({ type: 'settled', grant })
}
