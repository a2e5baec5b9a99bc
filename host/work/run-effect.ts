/** Maps each action of the plan to the effect that carries it out. */
import type { ScheduledEffect } from '../mesh/state/effects.ts'
import type { LoopContext } from './context/context.ts'
import { fetchGrant, fetchTask, look } from './messages/fetch.ts'
import { check } from './poster/check.ts'
import { commitClose } from './poster/close.ts'
import { commitGrant } from './poster/grant.ts'
import { offer } from './poster/offer.ts'
import { sendGranted } from './poster/send-payload.ts'
import { journalGrant } from './records/journal-grant.ts'
import { settle } from './records/settle.ts'
import { recall, recordTasks } from './records/task-record.ts'
import { listFallbacks } from './standby/list-fallbacks.ts'
import { commitClaim, openPayload, survey } from './standby/stand-in.ts'
import { answer } from './worker/answer.ts'
import { attest } from './worker/attest.ts'
import { release } from './worker/release.ts'
import { run } from './worker/run.ts'

/**
 * Performs one action of the plan. Its outcome goes back into the state by `dispatch`; a rejected action is tried
 * again.
 */
export async function runEffect(effect: ScheduledEffect, context: LoopContext): Promise<void> {
  switch (effect.type) {
    case 'commit':
      return commit(effect.entry, context)
    case 'check':
      return check(effect.task, effect.authority, context)
    case 'look':
      return look(effect.task, effect.named, context)
    case 'record':
      return recordTasks([effect.task], context)
    case 'recall':
      return recall(effect.task, effect.named, context)
    case 'offer':
      return offer(effect, context)
    case 'round':
      return context.dispatch({ type: 'round_begun', task: effect.task, at: context.needs.clock.now() })
    case 'send':
      if (effect.message.type === 'granted' && effect.tries === 1)
        return sendGranted(effect.to, effect.message, context)
      return context.send(effect.to, effect.message)
    case 'fetch_task':
      return fetchTask(effect.task, context)
    case 'fetch_grant':
      return fetchGrant(effect.grant, context)
    case 'answer':
      return answer(effect, context)
    case 'open_payload':
      return openPayload(effect.grant, context)
    case 'list_fallbacks':
      return listFallbacks(context)
    case 'survey':
      return survey(effect.task, context)
    case 'journal':
      return journalGrant(effect.grant, context)
    case 'run':
      return run(effect.grant, context)
    case 'attest':
      return attest(effect.grant, context)
    case 'release':
      return release(effect.grant, effect.reason, context)
    case 'settle':
      return settle(effect, context)
  }
}

function commit(
  entry: Extract<ScheduledEffect, { type: 'commit' }>['entry'],
  context: LoopContext,
): Promise<void> {
  switch (entry.type) {
    case 'Grant':
      return commitGrant(entry, context)
    case 'Close':
      return commitClose(entry, context)
    case 'FallbackClaim':
      return commitClaim(entry, context)
  }
}
