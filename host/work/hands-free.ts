import { limits } from '../limits.ts'
import { inHand } from '../mesh/in-hand.ts'
import type { Hands } from './hands.ts'

/** Resolves when no grant is in hand any more. It is looked for, because time alone and a poster's going change it too. */
export async function handsFree(hands: Hands, signal: AbortSignal): Promise<void> {
  const { clock } = hands.needs
  while (inHand(hands.state(), clock.now()).length > 0) await clock.sleep(limits.drain_look_ms, signal)
}
