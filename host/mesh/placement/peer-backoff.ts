/** Decides how long a poster leaves a busy peer alone. */
import { limits } from '../../limits.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { currentGrant, type Posted } from '../state/posted.ts'
import { type MeshState, type PeerBackoff, withKey } from '../state/state.ts'
import { tie } from './rank.ts'

/**
 * Returns the state after a peer's answer on whether it has a place. The answer moves no task's moment earlier, so the
 * other tasks need no new plan now.
 */
export function withPeerBackoff(state: MeshState, from: AgentKey, message: Message, at: Millis): MeshState {
  if (message.type !== 'claim' && message.type !== 'refuse') return state
  const posted = state.open.get(message.task)
  if (!posted || !state.peers.has(from)) return state
  const before = state.backoffs.get(from)
  const after =
    message.type === 'claim' ? claimed(before, posted, from) : refused(before, posted, from, message, at)
  return after ? { ...state, backoffs: withKey(state.backoffs, from, after) } : state
}

/** Narrows the spread, as the peer has places. */
function claimed(before: PeerBackoff | undefined, posted: Posted, from: AgentKey): PeerBackoff | null {
  if (!before || posted.claims.has(from)) return null
  return { ...before, goal_ms: Math.max(limits.rest_spread_ms.min, Math.floor(before.goal_ms / 2)) }
}

/**
 * Extends the rest of a busy peer as long as it asks, within bounds. A refusal during a rest means that too many tasks
 * were offered at once, so the spread widens. The spread narrows by half of the time that the rest is extended, because
 * some tasks come after two spreads.
 */
function refused(
  before: PeerBackoff | undefined,
  posted: Posted,
  from: AgentKey,
  message: Extract<Message, { type: 'refuse' }>,
  at: Millis,
): PeerBackoff | null {
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

/** Returns until when a peer is asked nothing; null if it may be asked. */
export function backoffUntil(state: MeshState, agent: AgentKey, now: Millis): Millis | null {
  const rest = state.backoffs.get(agent)
  return rest && rest.until > now ? rest.until : null
}

/**
 * Returns when a task may be offered to a peer. After the peer's rest, each task has its own moment of the spread, drawn
 * again in each of its rounds. Background tasks come after a further spread. A peer that has just lost an attempt of the
 * task gets a pause. Otherwise an engine that must restart would use up all attempts.
 */
export function askableAt(state: MeshState, posted: Posted, agent: AgentKey): Millis {
  const lostIt = currentGrant(posted)?.entry.worker === agent ? posted.lease : null
  const recovered = lostIt ? lostIt.heardAt + state.config.offer_again_ms : Number.NEGATIVE_INFINITY
  return Math.max(recovered, restedAt(state, posted, agent))
}

function restedAt(state: MeshState, { task, roundAt }: Posted, agent: AgentKey): Millis {
  const rest = state.backoffs.get(agent)
  if (!rest) return Number.NEGATIVE_INFINITY
  const later = task.entry.priority === 'background' ? 1 : 0
  const share = tie(`${task.hash}/${roundAt}`, agent) / 2 ** 32
  return rest.until + Math.floor((later + share) * rest.spread_ms)
}
