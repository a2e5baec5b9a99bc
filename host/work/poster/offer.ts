/** Offers tasks to peers. */
import type { ScheduledEffect } from '../../mesh/state/effects.ts'
import type { PosterContext } from '../context/context.ts'

/** Asks one peer whether it would run a task. */
export async function offer(
  effect: Extract<ScheduledEffect, { type: 'offer' }>,
  context: PosterContext,
): Promise<void> {
  const { task, to, rank, lease_ms } = effect
  context.dispatch({ type: 'offered', task, to, at: context.needs.clock.now() })
  context.record({ type: 'offered', task, to })
  await context.send(to, { type: 'offer', task, rank, lease_ms })
}
