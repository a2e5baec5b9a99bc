/** Waits until the work in hand is done. */
import { limits } from '../limits.ts'
import { undrainedGrants } from '../mesh/state/undrained-grants.ts'
import type { WorkContext } from './context/context.ts'

/**
 * Resolves when no grant is in hand any more. It polls, because time alone and a poster's departure change that too.
 */
export async function waitDrained(context: WorkContext, signal: AbortSignal): Promise<void> {
  const { clock } = context.needs
  while (undrainedGrants(context.state(), clock.now()).length > 0)
    await clock.sleep(limits.drain_look_ms, signal)
}
