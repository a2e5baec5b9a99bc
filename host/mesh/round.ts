import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { endOf } from './lease.ts'
import type { Posted } from './posted.ts'
import { askableAt } from './rest.ts'
import type { MeshConfig, MeshState } from './state.ts'

/** The best of those that claimed the task lately enough to be granted it; null without one. */
export function takerOf(
  posted: Posted,
  able: readonly Peer[],
  now: Millis,
  config: MeshConfig,
): { readonly agent: AgentKey; readonly until: Millis } | null {
  for (const { agent } of able) {
    const until = (posted.claims.get(agent) ?? Number.NEGATIVE_INFINITY) + 2 * config.offer_wait_ms
    if (now < until) return { agent, until }
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

/**
 * When the task may be offered to one of the able. One that has lately failed it, or given it back, is left out while
 * another only has no place at the moment: it would use up the attempts before that one has room.
 */
export function offerableAt(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  const askable = askableAt(state, posted, agent)
  const until = leftOutUntil(posted, agent)
  if (until <= now) return askable
  const isBusy = (other: AgentKey) =>
    posted.refusals.get(other)?.again === true || askableAt(state, posted, other) > now
  const waits = able.some((other) => leftOutUntil(posted, other.agent) <= now && isBusy(other.agent))
  return waits ? Math.max(askable, until) : askable
}

/** Until when a worker that failed the task, or gave it back, is left out while others are only busy. */
function leftOutUntil(posted: Posted, agent: AgentKey): Millis {
  const gaveUp = posted.grants.flatMap((grant, place) => {
    if (grant.entry.worker !== agent) return []
    const next = posted.grants[place + 1]
    const [why, at] = next ? [next.entry.reason, next.at] : [endOf(posted), posted.lease?.heardAt ?? 0]
    return why === 'failed' || why === 'released' ? [at] : []
  })
  return Math.max(Number.NEGATIVE_INFINITY, ...gaveUp) + limits.failed_worker_ms
}

/** When everybody is asked again: after a while, and as soon as one that was busy has rested. */
export function nextRoundAt(state: MeshState, posted: Posted, able: readonly Peer[]): Millis {
  const busy = able.filter(({ agent }) => posted.refusals.get(agent)?.again)
  const rested = busy.map(({ agent }) => askableAt(state, posted, agent))
  return Math.min(posted.roundAt + state.config.offer_again_ms, ...rested)
}
