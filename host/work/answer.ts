import type { Action } from '../mesh/actions.ts'
import type { Hands } from './hands.ts'

/** Claims or refuses what was offered. The reservation begins before the claim leaves. */
export async function answer(action: Extract<Action, { type: 'answer' }>, hands: Hands): Promise<void> {
  hands.failpoint('worker.seen')
  const { task, to: poster, until } = action
  hands.dispatch({ type: 'answered', task, poster, until, at: hands.needs.clock.now() })
  await hands.send(poster, action.message)
  if (action.message.type === 'claim') hands.failpoint('claim.sent')
}
