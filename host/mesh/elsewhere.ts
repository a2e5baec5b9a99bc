/** Tells when another peer could take a task. */
import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { ableTo, isUnwilling } from './candidates.ts'
import { currentGrant, type Posted, supersededAt } from './posted.ts'
import { askableAt } from './rest.ts'
import type { MeshConfig, MeshState } from './state.ts'

/**
 * Returns when an open task could be given to a peer other than its worker that is expected to take it; infinite without one.
 * A peer that did not answer still counts, because an offer may be lost and a claim may be late. A peer that has lost the
 * task is skipped for a while.
 */
export function elsewhereFrom(state: MeshState, posted: Posted, now: Millis): Millis {
  if (posted.close) return Number.POSITIVE_INFINITY
  const worker = currentGrant(posted)?.entry.worker
  const others = ableTo(state, posted, now).filter(
    ({ agent }) => agent !== worker && !isUnwilling(posted, agent),
  )
  const from = ({ agent }: Peer) =>
    Math.max(askableAt(state, posted, agent), supersededAt(posted, agent) + limits.failed_worker_ms)
  return Math.min(...others.map(from))
}

/**
 * Returns until when a peer may still take the task in this round. The time is infinite for a peer that was not asked yet, or
 * that said when it may be asked again. Otherwise it is the end of the peer's time to answer and of its rest.
 */
export function mayTakeUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  if (!posted.offers.has(agent) || posted.refusals.get(agent)?.again) return Number.POSITIVE_INFINITY
  const asked = askedLast(posted, now, state.config)
  const answersUntil = asked?.agent === agent ? asked.until : Number.NEGATIVE_INFINITY
  return Math.max(answersUntil, askableAt(state, posted, agent))
}

/** Returns the peer that was asked last and the end of the wait for its answer; null while no answer is awaited. */
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
