/** Releases grants that this machine does not finish. */
import { toRippleError } from '../../errors/ripple-error.ts'
import type { ActionHash } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import type { WorkContext } from '../context/context.ts'
import { unpinOutput } from '../records/unpin-output.ts'

/**
 * Releases a grant, so that its poster need not wait for the lease to end, and forgets it. If the message is lost, the
 * lease ends by the poster's clock.
 */
export async function release(grant: ActionHash, reason: RefusalCode, context: WorkContext): Promise<void> {
  const held = context.state().held.get(grant)
  if (!held || held.result || held.ended) return
  const { task, attempt, poster } = held
  const { journal } = context.needs
  context.record({ type: 'released', task, grant, attempt, reason })
  await context.send(poster, { type: 'released', task, attempt, reason })
  // On a full disk even forgetting may fail; the next start then finds a grant that was superseded, and settles it.
  await Promise.allSettled([
    unpinOutput(held, context),
    journal.delete('outputs', grant),
    journal.delete('runs', grant),
  ])
  context.dispatch({ type: 'settled', grant, why: 'released' })
}

/**
 * Does a step for a grant, and releases the grant when no other try of the step can succeed. Rejects as the step does.
 */
export async function orRelease(
  grant: ActionHash,
  context: WorkContext,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step()
  } catch (thrown) {
    const reason = hopeless(thrown)
    if (reason) await release(grant, reason, context)
    throw thrown
  }
}

/**
 * Returns why this machine can never finish a grant, from the error of its last step; null where another try may
 * succeed. A full disk may stay full for longer than a lease. A write that validation refuses, such as on a chain that
 * is too long, is refused again.
 */
function hopeless(thrown: unknown): RefusalCode | null {
  const { code } = toRippleError(thrown)
  if (code === 'RIPPLE_DISK_FULL') return 'disk_short'
  return code === 'RIPPLE_DHT_REFUSED' || code === 'RIPPLE_PREFIX_UNKNOWN' ? 'policy_refuses' : null
}
