import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { ableTo, isUnwilling } from './candidates.ts'
import { currentGrant, type Posted, supersededAt } from './posted.ts'
import { askableAt } from './rest.ts'
import type { MeshConfig, MeshState } from './state.ts'

/**
 * From when on an open task could be given to another than its worker, who would take it as far as is known; infinite without one.
 * Whoever was asked in vain counts on: an offer may be lost, and a claim come late. Whoever has lost the task is spared for a while.
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
 * Until when a peer may yet take the task in this round: for good while it has not been asked, or only has no place at the
 * moment; else until it has had the time to answer, and has rested.
 */
export function mayTakeUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  if (!posted.offers.has(agent) || posted.refusals.get(agent)?.again) return Number.POSITIVE_INFINITY
  const asked = askedLast(posted, now, state.config)
  const answersUntil = asked?.agent === agent ? asked.until : Number.NEGATIVE_INFINITY
  return Math.max(answersUntil, askableAt(state, posted, agent))
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
