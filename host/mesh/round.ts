/** Decides which peer is offered or granted a task next, and when. */
import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { mayTakeUntil } from './elsewhere.ts'
import { lossOf, lostAt } from './lease.ts'
import { currentGrant, type Posted, supersededAt } from './posted.ts'
import { askableAt } from './rest.ts'
import type { MeshState } from './state.ts'

/** Returns the best peer that claimed the task recently enough to be granted it and is not skipped; null without one. */
export function takerOf(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  now: Millis,
): { readonly agent: AgentKey; readonly until: Millis } | null {
  for (const { agent } of able) {
    const claimedAt = posted.claims.get(agent) ?? Number.NEGATIVE_INFINITY
    const until = claimedAt + 2 * state.config.offer_wait_ms
    if (now < until && leftOutUntil(state, posted, able, agent, now) <= now) return { agent, until }
  }
  return null
}

/** Returns the peers that were not asked in this round. */
export function unaskedOf(posted: Posted, able: readonly Peer[]): readonly Peer[] {
  return able.filter(({ agent }) => !posted.offers.has(agent))
}

/** Returns when the task may be offered to one of the candidates. */
export function offerableAt(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  return Math.max(askableAt(state, posted, agent), leftOutUntil(state, posted, able, agent, now))
}

/**
 * Returns until when a candidate is skipped after losing the task. It is skipped only while another candidate may still
 * accept: it would use up the attempts before that one has room. If no other may, it is asked again as if it had not lost
 * the task.
 */
export function leftOutUntil(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  const until = sparedUntil(state, posted, agent, now)
  const has = hasItUntil(posted, agent)
  if (until <= now || has > now) return Math.max(until, has)
  const others = able.filter((other) => sparedUntil(state, posted, other.agent, now) <= now)
  return Math.min(until, Math.max(...others.map((other) => mayTakeUntil(state, posted, other.agent, now))))
}

/** Returns until when a worker that lost the task, for any reason, is skipped if another one may take it. */
function sparedUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  const why = currentGrant(posted)?.entry.worker === agent ? lossOf(state, posted, now) : null
  const lost = why ? lostAt(state, posted, why, now) : Number.NEGATIVE_INFINITY
  return Math.max(lost, supersededAt(posted, agent)) + limits.failed_worker_ms
}

/**
 * Returns until when a worker that has not begun keeps the task. It is lost only to let another worker try, and a new
 * grant would interrupt the model load.
 */
function hasItUntil(posted: Posted, agent: AgentKey): Millis {
  const { lease } = posted
  const goesOn = lease?.startedAt === null && !posted.results.has(lease.grant) && !lease.released
  return goesOn && currentGrant(posted)?.entry.worker === agent ? lease.until : Number.NEGATIVE_INFINITY
}

/** Returns when all peers are asked again: after a pause, and as soon as a busy peer has rested. */
export function nextRoundAt(state: MeshState, posted: Posted, able: readonly Peer[]): Millis {
  const busy = able.filter(({ agent }) => posted.refusals.get(agent)?.again)
  const rested = busy.map(({ agent }) => askableAt(state, posted, agent))
  return Math.min(posted.roundAt + state.config.offer_again_ms, ...rested)
}
