/** Answers an offer with a claim or a refusal. */
import type { Action } from '../../mesh/state/actions.ts'
import { offerOwner } from '../../mesh/state/pace.ts'
import type { Hands } from '../context/hands.ts'
import { mayClaim, refusal } from '../poster/ask-policy.ts'

type Answer = Extract<Action, { type: 'answer' }>

/** Sends the plan's claim, if the policy allows it, or a refusal. The reservation begins before the claim leaves. */
export async function answer(action: Answer, hands: Hands): Promise<void> {
  hands.failpoint('worker.seen')
  const { task, to: poster } = action
  const { message, until } = action.message.type === 'claim' ? await judged(action, hands) : action
  const refused = message.type === 'refuse' ? message.code : null
  hands.dispatch({ type: 'answered', task, poster, until, refused, at: hands.needs.clock.now() })
  await hands.send(poster, message)
  if (message.type === 'claim') hands.failpoint('claim.sent')
}

/** Returns the claim, or the refusal that replaces it. A claim is sent only after the policy was asked. */
async function judged(action: Answer, hands: Hands): Promise<Pick<Answer, 'message' | 'until'>> {
  const { task, to: poster } = action
  const event = hands.state().asked.get(offerOwner(task, poster))?.event
  const unknown = {
    type: 'refuse',
    task,
    code: 'task_unknown',
    policy_hash: null,
    retry_after_ms: null,
  } as const
  if (!event) return { message: unknown, until: null }
  const refused = await mayClaim(event, hands)
  return refused ? { message: refusal(task, refused), until: null } : action
}
