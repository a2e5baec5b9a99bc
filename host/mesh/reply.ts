import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import { type Message, openTasksMax } from '../types/message.ts'
import { busy } from './admit.ts'
import { byAge } from './chain.ts'
import { expiryOf } from './closing.ts'
import { isOfUse } from './held.ts'
import { isKnown } from './intake.ts'
import { isTaken } from './lease.ts'
import { currentGrant, type Posted } from './posted.ts'
import { readiness } from './readiness.ts'
import { mayStandIn } from './standby.ts'
import type { MeshState } from './state.ts'

/** What a message is answered with at once; `payload` asks the work loop to send the payload of an own task. */
export type Reply =
  | { readonly type: 'send'; readonly to: AgentKey; readonly message: Message }
  | { readonly type: 'payload'; readonly to: AgentKey; readonly task: string; readonly attempt: number }

/**
 * The answer that a poster owes for a message. A worker with an old attempt, or of a task that has ended, is told so
 * by whatever it sends: nobody works on for long because one message was lost. Of a task whose epoch was left the journal
 * tells (`work/tell-past`).
 */
export function reply(state: MeshState, from: AgentKey, message: Message, now: Millis): Reply | null {
  if (message.type === 'open_tasks')
    return { type: 'send', to: from, message: openTasks(state, from, message.cursor, now) }
  if (message.type === 'offer' && !isKnown(state, from, message.task, now))
    return { type: 'send', to: from, message: turnedAway(message.task) }
  if (message.type === 'who_runs') return runs(state, from, message.task)
  const posted = 'task' in message ? state.tasks.get(message.task) : undefined
  if (!posted) return null
  switch (message.type) {
    case 'claim':
    case 'payload_request':
    case 'started':
    case 'progress':
    case 'tokens':
    case 'result':
    case 'runs':
      return correct(state, posted, from, message, now)
    default:
      return null
  }
}

/** An offer that was not even looked into is refused at once. */
function turnedAway(task: ActionHash): Message {
  return { type: 'refuse', task, ...busy, policy_hash: null }
}

type Word = Extract<
  Message,
  { type: 'claim' | 'payload_request' | 'started' | 'progress' | 'tokens' | 'result' | 'runs' }
>

function correct(state: MeshState, posted: Posted, from: AgentKey, message: Word, now: Millis): Reply | null {
  const task = posted.task.hash
  if (posted.close)
    return { type: 'send', to: from, message: { type: 'closed', task, close: posted.close.hash } }
  if (message.type === 'claim' && !isGivenTo(state, posted, from, now))
    return { type: 'send', to: from, message: { type: 'taken', task } }
  const grant = currentGrant(posted)
  // Who works under a FallbackClaim does so beside the grants, whatever number they have come to.
  if (!grant || ('claim' in message && message.claim !== null)) return null
  const { attempt, worker } = grant.entry
  const current = worker === from && 'attempt' in message && message.attempt === attempt
  if (current) return message.type === 'payload_request' ? { type: 'payload', to: from, task, attempt } : null
  const stale = 'attempt' in message ? message.attempt < attempt : worker === from
  return stale
    ? { type: 'send', to: from, message: { type: 'granted', task, grant: grant.hash, attempt } }
    : null
}

/**
 * Said only while it is true, and only to whom it concerns: silence means no. A result that is not ok is no reason to
 * wait.
 */
function runs(state: MeshState, from: AgentKey, task: string): Reply | null {
  const held = [...state.held.values()].find((one) => one.task === task && isOfUse(one))
  if (!held) return null
  if (held.taskEvent && !mayStandIn(held.taskEvent, from)) return null
  const claim = held.fallback ? held.grant : null
  return { type: 'send', to: from, message: { type: 'runs', task, claim } }
}

/** The cursor is a time of the own clock: positions on a chain begin anew with each epoch. */
function openTasks(state: MeshState, from: AgentKey, cursor: number, now: Millis): Message {
  const open = [...state.open.values()]
    .filter((posted) => posted.task.at > cursor && isOpenFor(state, posted, from, now))
    .sort((a, b) => byAge(a.task, b.task))
    .slice(0, openTasksMax)
  return {
    type: 'open_tasks_are',
    tasks: open.map((posted) => posted.task.hash),
    cursor: open.at(-1)?.task.at ?? cursor,
  }
}

function isOpenFor(state: MeshState, posted: Posted, from: AgentKey, now: Millis): boolean {
  return readiness(state, posted).type === 'ready' && isGivenTo(state, posted, from, now)
}

/**
 * Whether a peer may yet be given the task: nobody else has it, and its life is not over, however long a result is waited for.
 */
function isGivenTo(state: MeshState, posted: Posted, from: AgentKey, now: Millis): boolean {
  return now < expiryOf(posted, readiness(state, posted)) && !isTaken(state, posted, from, now)
}
