import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import { currentGrant, type Posted } from './posted.ts'
import { tie } from './rank.ts'
import { type MeshState, withKey } from './state.ts'

/** How a poster spares a peer that said that it has no place. */
export interface Rest {
  /** Until when it is asked nothing, by its own word. */
  readonly until: Millis
  /** Over how long the tasks that waited for that are then offered, in milliseconds. */
  readonly spread_ms: Millis
  /** What the spread tends to: wider with refusals in vain, narrower with claims. */
  readonly goal_ms: Millis
}

/**
 * The state after a peer's word on whether it has a place. No task's moment comes earlier by it, so that nobody needs to
 * look at the other tasks now.
 */
export function heardRoom(state: MeshState, from: AgentKey, message: Message, at: Millis): MeshState {
  if (message.type !== 'claim' && message.type !== 'refuse') return state
  const posted = state.tasks.get(message.task)
  if (!posted || !state.peers.has(from)) return state
  const before = state.resting.get(from)
  const after =
    message.type === 'claim' ? claimed(before, posted, from) : refused(before, posted, from, message, at)
  return after ? { ...state, resting: withKey(state.resting, from, after) } : state
}

/** There are places: what waits is to be offered closer together. */
function claimed(before: Rest | undefined, posted: Posted, from: AgentKey): Rest | null {
  if (!before || posted.claims.has(from)) return null
  return { ...before, goal_ms: Math.max(limits.rest_spread_ms.min, Math.floor(before.goal_ms / 2)) }
}

/**
 * A busy peer rests as long as it asks, within bounds. A refusal that comes while it rests already says that too many
 * tasks were offered at once: they are to be spread wider. The spread narrows by what the rest is put off, halved
 * because some tasks come after two spreads.
 */
function refused(
  before: Rest | undefined,
  posted: Posted,
  from: AgentKey,
  message: Extract<Message, { type: 'refuse' }>,
  at: Millis,
): Rest | null {
  if (message.retry_after_ms === null) return null
  const { min, step, max } = limits.rest_spread_ms
  const wait = Math.min(limits.rest_ms_max, Math.max(limits.busy_retry_ms, message.retry_after_ms))
  const old = before ?? { until: at, spread_ms: min, goal_ms: min }
  const until = Math.max(old.until, at + wait)
  const inVain = at < old.until && !posted.refusals.has(from)
  const goal_ms = inVain ? Math.min(max, old.goal_ms + step) : old.goal_ms
  const narrowed = Math.ceil(old.spread_ms - (until - old.until) / 2)
  return { until, goal_ms, spread_ms: Math.max(goal_ms, narrowed) }
}

/** Until when a peer wants to be asked nothing; null when it may be asked. */
export function restUntil(state: MeshState, agent: AgentKey, now: Millis): Millis | null {
  const rest = state.resting.get(agent)
  return rest && rest.until > now ? rest.until : null
}

/**
 * When a task may be offered to a peer: after its rest, each task at its own moment of the spread, drawn anew in each of
 * its rounds. Those that nobody waits for come after a spread of their own. Whoever has just lost an attempt of the task
 * is given a while, so that an engine that must start again does not use up all attempts.
 */
export function askableAt(state: MeshState, posted: Posted, agent: AgentKey): Millis {
  const lostIt = currentGrant(posted)?.entry.worker === agent ? posted.lease : null
  const recovered = lostIt ? lostIt.heardAt + state.config.offer_again_ms : Number.NEGATIVE_INFINITY
  return Math.max(recovered, restedAt(state, posted, agent))
}

function restedAt(state: MeshState, { task, roundAt }: Posted, agent: AgentKey): Millis {
  const rest = state.resting.get(agent)
  if (!rest) return Number.NEGATIVE_INFINITY
  const later = task.entry.priority === 'background' ? 1 : 0
  const share = tie(`${task.hash}/${roundAt}`, agent) / 2 ** 32
  return rest.until + Math.floor((later + share) * rest.spread_ms)
}
