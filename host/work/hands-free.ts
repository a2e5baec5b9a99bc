/** Waits until the work in hand is done. */
import { limits } from '../limits.ts'
import { inHand } from '../mesh/state/in-hand.ts'
import type { Hands } from './context/hands.ts'

/**
 * Resolves when no grant is in hand any more. It polls, because time alone and a poster's departure change that too.
 */
export async function handsFree(hands: Hands, signal: AbortSignal): Promise<void> {
  const { clock } = hands.needs
  while (inHand(hands.state(), clock.now()).length > 0) await clock.sleep(limits.drain_look_ms, signal)
}
