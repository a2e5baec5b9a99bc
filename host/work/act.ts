/** Maps each action of the plan to the effect that carries it out. */
import type { Action } from '../mesh/state/actions.ts'
import type { Hands } from './context/hands.ts'
import { fetchGrant, fetchTask, look } from './messages/fetch.ts'
import { check } from './poster/check.ts'
import { commitClose } from './poster/close.ts'
import { tellGranted } from './poster/give-payload.ts'
import { commitGrant } from './poster/grant.ts'
import { offer } from './poster/offer.ts'
import { keep } from './records/keep.ts'
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
export async function act(action: Action, hands: Hands): Promise<void> {
  switch (action.type) {
    case 'commit':
      return commit(action.entry, hands)
    case 'check':
      return check(action.task, action.authority, hands)
    case 'look':
      return look(action.task, action.named, hands)
    case 'record':
      return recordTasks([action.task], hands)
    case 'recall':
      return recall(action.task, action.named, hands)
    case 'offer':
      return offer(action, hands)
    case 'round':
      return hands.dispatch({ type: 'round_begun', task: action.task, at: hands.needs.clock.now() })
    case 'send':
      if (action.message.type === 'granted' && action.tries === 1)
        return tellGranted(action.to, action.message, hands)
      return hands.send(action.to, action.message)
    case 'fetch_task':
      return fetchTask(action.task, hands)
    case 'fetch_grant':
      return fetchGrant(action.grant, hands)
    case 'answer':
      return answer(action, hands)
    case 'open_payload':
      return openPayload(action.grant, hands)
    case 'list_fallbacks':
      return listFallbacks(hands)
    case 'survey':
      return survey(action.task, hands)
    case 'journal':
      return keep(action.grant, hands)
    case 'run':
      return run(action.grant, hands)
    case 'attest':
      return attest(action.grant, hands)
    case 'release':
      return release(action.grant, action.reason, hands)
    case 'settle':
      return settle(action, hands)
  }
}

function commit(entry: Extract<Action, { type: 'commit' }>['entry'], hands: Hands): Promise<void> {
  switch (entry.type) {
    case 'Grant':
      return commitGrant(entry, hands)
    case 'Close':
      return commitClose(entry, hands)
    case 'FallbackClaim':
      return commitClaim(entry, hands)
  }
}
