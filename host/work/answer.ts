import type { Action } from '../mesh/actions.ts'
import type { Hands } from './hands.ts'

/** Claims or refuses what was offered. The reservation begins before the claim leaves. */
export async function answer(action: Extract<Action, { type: 'answer' }>, hands: Hands): Promise<void> {
  hands.failpoint('worker.seen')
  const { task, to: poster, until, message } = action
  const refused = message.type === 'refuse' ? message.code : null
  hands.dispatch({ type: 'answered', task, poster, until, refused, at: hands.needs.clock.now() })
  await hands.send(poster, message)
  if (message.type === 'claim') hands.failpoint('claim.sent')
}
