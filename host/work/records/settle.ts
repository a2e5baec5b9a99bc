/** Ends grants and deletes their data. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Action } from '../../mesh/state/actions.ts'
import { isClose } from '../../mesh/state/chain.ts'
import type { Held } from '../../mesh/state/held.ts'
import type { Hands } from '../context/hands.ts'
import { letGo } from './let-go.ts'

/**
 * Ends a grant: stops its run, unpins the output unless the poster accepted it, and forgets the rest. An accepted
 * output stays pinned here as well as at the poster, so that its CID still resolves when the poster is off. Rejects
 * with `RIPPLE_EVENT_UNKNOWN`, for another try, while the Close that decides this is not here.
 */
export async function settle(action: Extract<Action, { type: 'settle' }>, hands: Hands): Promise<void> {
  const { grant, why, tries } = action
  const held = hands.state().held.get(grant)
  if (!held) return
  hands.runs.get(grant)?.abort(why)
  const { journal } = hands.needs
  // Without a run in the journal it was settled before, and the output's fate decided then.
  if (held.run && !(await isAccepted(held, tries, hands))) await letGo(held, hands)
  await journal.delete('outputs', grant)
  await journal.delete('runs', grant)
  hands.dispatch({ type: 'settled', grant, why })
}

/**
 * Whether the Close names this grant's result. The message about a Close mostly comes before the Close itself, so the
 * Close is looked for a while. If it never comes, that counts as yes: in doubt the bytes are kept.
 */
async function isAccepted(held: Held, tries: number, hands: Hands): Promise<boolean> {
  const { result, ended } = held
  if (!result || ended?.why !== 'closed' || !ended.close) return false
  const { close } = ended
  const event = await hands.needs.dht.get(close, hands.signal)
  if (!event && tries <= limits.close_looks_max)
    throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash: close })
  if (!event || !isClose(event)) return true
  return event.entry.result === result.hash
}
