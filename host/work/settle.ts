import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Action } from '../mesh/actions.ts'
import { isClose } from '../mesh/chain.ts'
import type { Held } from '../mesh/held.ts'
import type { Hands } from './hands.ts'

/**
 * Ends a grant: stops its run, lets go of the output unless the poster accepted it, and forgets the rest. An accepted
 * output stays pinned here as well as at the poster, so that its CID still resolves when the poster is off. A public one
 * stays in any case: the same bytes may be pinned for somebody else, while a sealed output is like no other.
 * Rejects with `RIPPLE_EVENT_UNKNOWN` while the Close is not here that says which it is, for another try.
 */
export async function settle(action: Extract<Action, { type: 'settle' }>, hands: Hands): Promise<void> {
  const { grant, why, tries } = action
  const held = hands.state().held.get(grant)
  if (!held) return
  hands.runs.get(grant)?.abort(why)
  const { journal, artifacts } = hands.needs
  const output = held.result?.entry.output
  // Without a run in the journal it was settled before, and the output's fate decided then.
  if (held.run && output?.encrypted && !(await isAccepted(held, tries, hands)))
    await artifacts.unpin(output.cid, hands.signal)
  await journal.delete('outputs', grant)
  await journal.delete('runs', grant)
  hands.dispatch({ type: 'settled', grant })
}

/**
 * Whether the Close names this grant's result. The word of a Close mostly comes before the Close itself, which is looked
 * for a while; if it never comes, that counts as yes, for bytes are kept in doubt.
 */
async function isAccepted(held: Held, tries: number, hands: Hands): Promise<boolean> {
  if (held.ended?.why !== 'closed' || !held.ended.close) return false
  const { close } = held.ended
  const event = await hands.needs.dht.get(close, hands.signal)
  if (!event && tries <= limits.close_looks_max)
    throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: close })
  if (!event || !isClose(event)) return true
  return event.entry.result === held.result?.hash
}
