import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { lossOf, lostAt } from './lease.ts'
import type { Posted } from './posted.ts'
import { askableAt } from './rest.ts'
import type { MeshConfig, MeshState } from './state.ts'

/** The best of those that claimed the task lately enough to be granted it, and are not left out; null without one. */
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

/** Who was asked last and until when its answer is waited for; null when nobody's is. */
export function askedLast(
  posted: Posted,
  now: Millis,
  config: MeshConfig,
): { readonly agent: AgentKey; readonly until: Millis } | null {
  const last = Math.max(Number.NEGATIVE_INFINITY, ...posted.offers.values())
  const until = last + config.offer_wait_ms
  const waiting = [...posted.offers].find(([to, at]) => at === last && !posted.refusals.has(to))
  return waiting && now < until ? { agent: waiting[0], until } : null
}

/** Peers that were not asked in this round. */
export function unaskedOf(posted: Posted, able: readonly Peer[]): readonly Peer[] {
  return able.filter(({ agent }) => !posted.offers.has(agent))
}

/** When the task may be offered to one of the able. */
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
 * Until when one of the able is given the task in no way, because it has lost it lately while another may yet take it: it
 * would use up the attempts before that one has room. Where nobody else may, it is asked again as if it had not lost it.
 */
export function leftOutUntil(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  const until = sparedUntil(state, posted, agent, now)
  if (until <= now) return until
  const others = able.filter((other) => sparedUntil(state, posted, other.agent, now) <= now)
  return Math.min(until, Math.max(...others.map((other) => mayTakeUntil(state, posted, other.agent, now))))
}

/**
 * Until when a peer may yet take the task in this round: for good while it has not been asked, or only has no place at the
 * moment; else until it has had the time to answer, and has rested.
 */
function mayTakeUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  if (!posted.offers.has(agent) || posted.refusals.get(agent)?.again) return Number.POSITIVE_INFINITY
  const asked = askedLast(posted, now, state.config)
  const answersUntil = asked?.agent === agent ? asked.until : Number.NEGATIVE_INFINITY
  return Math.max(answersUntil, askableAt(state, posted, agent))
}

/** Until when a worker is spared that lost the task, in whichever way, where another one may take it. */
function sparedUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  const { silence_ms } = state.config
  const losses = posted.grants.flatMap(({ entry }, place) => {
    if (entry.worker !== agent) return []
    const next = posted.grants[place + 1]
    if (next) return [next.at]
    const why = lossOf(posted, now, silence_ms)
    return why ? [lostAt(posted, why, silence_ms)] : []
  })
  return Math.max(Number.NEGATIVE_INFINITY, ...losses) + limits.failed_worker_ms
}

/** When everybody is asked again: after a while, and as soon as one that was busy has rested. */
export function nextRoundAt(state: MeshState, posted: Posted, able: readonly Peer[]): Millis {
  const busy = able.filter(({ agent }) => posted.refusals.get(agent)?.again)
  const rested = busy.map(({ agent }) => askableAt(state, posted, agent))
  return Math.min(posted.roundAt + state.config.offer_again_ms, ...rested)
}
