/** Offers tasks to peers. */
import type { Action } from '../../mesh/state/actions.ts'
import type { Hands } from '../context/hands.ts'

/** Asks one peer whether it would run a task. */
export async function offer(action: Extract<Action, { type: 'offer' }>, hands: Hands): Promise<void> {
  const { task, to, rank, lease_ms } = action
  hands.dispatch({ type: 'offered', task, to, at: hands.needs.clock.now() })
  hands.record({ type: 'offered', task, to })
  await hands.send(to, { type: 'offer', task, rank, lease_ms })
}
