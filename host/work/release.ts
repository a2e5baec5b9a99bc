import { type RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { ActionHash } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import type { Hands } from './hands.ts'

/**
 * Gives a grant back, so that its poster need not wait for the lease to end, and forgets it. Should the word be lost,
 * the lease ends by the poster's clock.
 */
export async function release(grant: ActionHash, reason: RefusalCode, hands: Hands): Promise<void> {
  const held = hands.state().held.get(grant)
  if (!held || held.result || held.ended) return
  const { task, attempt, poster } = held
  const { journal } = hands.needs
  await hands.send(poster, { type: 'released', task, attempt, reason })
  // On a full disk even forgetting may fail; the next start then finds a grant that was superseded, and settles it.
  await Promise.allSettled([journal.delete('outputs', grant), journal.delete('runs', grant)])
  hands.dispatch({ type: 'settled', grant })
}

/**
 * Why this machine can never finish a grant, by what its last step threw; null where another try may do. A full disk
 * may stay full for longer than a lease, and what validation refuses once (a chain that is too long) it refuses again.
 */
export function hopeless(thrown: unknown): RefusalCode | null {
  const { code }: RippleError = toRippleError(thrown)
  if (code === 'RIPPLE_DISK_FULL') return 'disk_short'
  return code === 'RIPPLE_DHT_REFUSED' ? 'policy_refuses' : null
}
