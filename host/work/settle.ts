import { isClose } from '../mesh/chain.ts'
import type { Held } from '../mesh/state.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'

/**
 * Ends a grant: stops its run, lets go of the output unless the poster accepted it, and forgets the rest. An accepted
 * output stays pinned here as well as at the poster, so that its CID still resolves when the poster is off. A public one
 * stays in any case: the same bytes may be pinned for somebody else, while a sealed output is like no other.
 */
export async function settle(grant: ActionHash, why: string, hands: Hands): Promise<void> {
  const held = hands.state().held.get(grant)
  if (!held) return
  hands.runs.get(grant)?.abort(why)
  const { journal, artifacts } = hands.needs
  const output = held.result?.entry.output
  if (output?.encrypted && !(await isAccepted(held, hands))) await artifacts.unpin(output.cid, hands.signal)
  await journal.delete('outputs', grant)
  await journal.delete('runs', grant)
  hands.dispatch({ type: 'settled', grant })
}

/** Whether the Close names this grant's result. A Close that has not arrived counts as yes: bytes are kept in doubt. */
async function isAccepted(held: Held, hands: Hands): Promise<boolean> {
  if (held.ended?.why !== 'closed' || !held.ended.close) return false
  const event = await hands.needs.dht.get(held.ended.close, hands.signal)
  if (!event || !isClose(event)) return true
  return event.entry.result === held.result?.hash
}
