/** Answers an offer with a claim or a refusal. */

import { offerOwner } from '../../mesh/state/effect-owners.ts'
import type { ScheduledEffect } from '../../mesh/state/effects.ts'
import type { WorkerContext } from '../context/context.ts'
import { mayClaim, refusal } from '../poster/ask-policy.ts'

type Answer = Extract<ScheduledEffect, { type: 'answer' }>

/** Sends the plan's claim, if the policy allows it, or a refusal. The reservation begins before the claim leaves. */
export async function answer(action: Answer, context: WorkerContext): Promise<void> {
  context.failpoint('worker.seen')
  const { task, to: poster } = action
  const { message, until } = action.message.type === 'claim' ? await judged(action, context) : action
  const refused = message.type === 'refuse' ? message.code : null
  context.dispatch({ type: 'answered', task, poster, until, refused, at: context.needs.clock.now() })
  await context.send(poster, message)
  if (message.type === 'claim') context.failpoint('claim.sent')
}

/** Returns the claim, or the refusal that replaces it. A claim is sent only after the policy was asked. */
async function judged(action: Answer, context: WorkerContext): Promise<Pick<Answer, 'message' | 'until'>> {
  const { task, to: poster } = action
  const event = context.state().asked.get(offerOwner(task, poster))?.event
  const unknown = {
    type: 'refuse',
    task,
    code: 'task_unknown',
    policy_hash: null,
    retry_after_ms: null,
  } as const
  if (!event) return { message: unknown, until: null }
  const refused = await mayClaim(event, context)
  return refused ? { message: refusal(task, refused), until: null } : action
}
