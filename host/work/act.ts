/** Maps each action of the plan to the effect that carries it out. */
import type { Action } from '../mesh/actions.ts'
import { answer } from './answer.ts'
import { attest } from './attest.ts'
import { check } from './check.ts'
import { commitClose } from './close.ts'
import { fetchGrant, fetchTask, look } from './fetch.ts'
import { tellGranted } from './give-payload.ts'
import { commitGrant } from './grant.ts'
import type { Hands } from './hands.ts'
import { keep } from './keep.ts'
import { listFallbacks } from './list-fallbacks.ts'
import { offer } from './offer.ts'
import { release } from './release.ts'
import { run } from './run.ts'
import { settle } from './settle.ts'
import { commitClaim, openPayload, survey } from './stand-in.ts'
import { recall, recordTasks } from './task-record.ts'

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
