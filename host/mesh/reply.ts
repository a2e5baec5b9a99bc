/** Builds the immediate answers to messages of peers. */
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import { type Message, openTasksMax } from '../types/message.ts'
import { mayStandIn } from './placement/standby.ts'
import { expiryOf } from './poster/closing.ts'
import { readiness } from './poster/readiness.ts'
import { isTaken } from './poster/round.ts'
import { isLeftToStandIns } from './poster/stand-ins.ts'
import { byAge } from './state/chain.ts'
import { isOfUse } from './state/held.ts'
import { currentGrant, missedWords, type Posted } from './state/posted.ts'
import { type MeshState, ownTask } from './state/state.ts'
import { busy } from './worker/admit.ts'
import { isKnown } from './worker/intake.ts'

/** The immediate answer to a message. `payload` asks the work loop to send the payload of an own task. */
export type Reply =
  | { readonly type: 'send'; readonly to: AgentKey; readonly message: Message }
  | { readonly type: 'payload'; readonly to: AgentKey; readonly task: string; readonly attempt: number }

/**
 * Returns the answer to a message; null for none. A worker with an old attempt or an ended task learns so from the answer
 * to any message. So one lost message does not keep it working for long. For recorded tasks the journal answers
 * (`work/task-record`).
 */
export function reply(state: MeshState, from: AgentKey, message: Message, now: Millis): Reply | null {
  if (message.type === 'open_tasks')
    return { type: 'send', to: from, message: openTasks(state, from, message.cursor, now) }
  if (message.type === 'offer' && !isKnown(state, from, message.task, now))
    return { type: 'send', to: from, message: turnedAway(message.task) }
  if (message.type === 'who_runs') return runs(state, from, message.task)
  const posted = 'task' in message ? ownTask(state, message.task) : undefined
  return posted && expectsClose(message) ? correct(state, posted, from, message, now) : null
}

const words: ReadonlySet<Message['type']> = new Set<Word['type']>([
  'claim',
  'payload_request',
  'started',
  'progress',
  'tokens',
  'result',
  'runs',
])

/** Whether the sender of a message takes a task for open, so that it must hear of a Close. */
export function expectsClose(message: Message): message is Word {
  return words.has(message.type)
}

/** Refuses an offer at once, before it is examined. */
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
  // Work under a FallbackClaim is independent of the grants and of their attempt numbers.
  if (!grant || ('claim' in message && message.claim !== null)) return null
  const { attempt, worker } = grant.entry
  const current = worker === from && 'attempt' in message && message.attempt === attempt
  if (current) {
    // A grant from before a restart gets no payload while stand-ins may have run the task. Its worker asks again.
    const waits = missedWords(posted) && isLeftToStandIns(state, posted, now)
    return message.type === 'payload_request' && !waits ? { type: 'payload', to: from, task, attempt } : null
  }
  const stale = 'attempt' in message ? message.attempt < attempt : worker === from
  return stale
    ? { type: 'send', to: from, message: { type: 'granted', task, grant: grant.hash, attempt } }
    : null
}

/**
 * Says that this machine runs a task: only while it does, and only to agents that may stand in. Silence means no. A
 * result that is not ok is no reason to wait.
 */
function runs(state: MeshState, from: AgentKey, task: string): Reply | null {
  const held = [...state.held.values()].find((one) => one.task === task && isOfUse(one))
  if (!held) return null
  if (held.taskEvent && !mayStandIn(held.taskEvent, from)) return null
  const claim = held.fallback ? held.grant : null
  return { type: 'send', to: from, message: { type: 'runs', task, claim } }
}

/** Lists open tasks for a peer. The cursor is a time of the own clock, because chain positions restart in each epoch. */
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
  return readiness(posted).type === 'ready' && isGivenTo(state, posted, from, now)
}

/**
 * Whether a peer may still be granted the task: no other peer has it, and its life is not over. Waiting for a result does
 * not extend that life.
 */
function isGivenTo(state: MeshState, posted: Posted, from: AgentKey, now: Millis): boolean {
  return now < expiryOf(posted, readiness(posted)) && !isTaken(state, posted, from, now)
}
