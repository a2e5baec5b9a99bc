import { cidOf } from '../artifacts/cid.ts'
import type { Held } from '../mesh/held.ts'
import type { Hands } from './hands.ts'

/**
 * Lets go of the output of a run, whether or not a Result came to name it. A public one stays: the same bytes may be pinned
 * for somebody else, while a sealed output is like no other.
 */
export async function letGo({ run, result }: Held, hands: Hands): Promise<void> {
  if (!run?.key) return
  const cid = result?.entry.output?.cid ?? (await cidOf(run.pinned))
  await hands.needs.artifacts.unpin(cid, hands.signal)
}
