/** Ends grants and deletes their data. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { isClose } from '../../mesh/state/chain.ts'
import type { ScheduledEffect } from '../../mesh/state/effects.ts'
import type { Held } from '../../mesh/state/held.ts'
import type { WorkerContext } from '../context/context.ts'
import { unpinOutput } from './unpin-output.ts'

/**
 * Ends a grant: stops its run, unpins the output unless the poster accepted it, and forgets the rest. An accepted
 * output stays pinned here as well as at the poster, so that its CID still resolves when the poster is off. Rejects
 * with `RIPPLE_EVENT_UNKNOWN`, for another try, while the Close that decides this is not here.
 */
export async function settle(
  effect: Extract<ScheduledEffect, { type: 'settle' }>,
  context: WorkerContext,
): Promise<void> {
  const { grant, why, tries } = effect
  const held = context.state().held.get(grant)
  if (!held) return
  context.runs.get(grant)?.abort(why)
  const { journal } = context.needs
  // Without a run in the journal it was settled before, and the output's fate decided then.
  if (held.run && !(await isAccepted(held, tries, context))) await unpinOutput(held, context)
  await journal.delete('outputs', grant)
  await journal.delete('runs', grant)
  context.dispatch({ type: 'settled', grant, why })
}

/**
 * Whether the Close names this grant's result. The message about a Close mostly comes before the Close itself, so the
 * Close is looked for a while. If it never comes, that counts as yes: in doubt the bytes are kept.
 */
async function isAccepted(held: Held, tries: number, context: WorkerContext): Promise<boolean> {
  const { result, ended } = held
  if (!result || ended?.why !== 'closed' || !ended.close) return false
  const { close } = ended
  const event = await context.needs.dht.get(close, context.signal)
  if (!event && tries <= limits.close_looks_max)
    throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: close })
  if (!event || !isClose(event)) return true
  return event.entry.result === result.hash
}
