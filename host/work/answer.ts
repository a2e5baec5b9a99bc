import type { Action } from '../mesh/actions.ts'
import type { Hands } from './hands.ts'

/** Claims or refuses what was offered. The reservation begins before the claim leaves. */
export async function answer(action: Extract<Action, { type: 'answer' }>, hands: Hands): Promise<void> {
  hands.failpoint('worker.seen')
  hands.dispatch({ type: 'answered', task: action.task, until: action.until, at: hands.needs.clock.now() })
  await hands.send(action.to, action.message)
  if (action.message.type === 'claim') hands.failpoint('claim.sent')
}
