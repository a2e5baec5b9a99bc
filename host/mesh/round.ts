import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
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

/** When everybody is asked again: after a while, and as soon as one that was busy has rested. */
export function nextRoundAt(state: MeshState, posted: Posted, able: readonly Peer[]): Millis {
  const busy = able.filter(({ agent }) => posted.refusals.get(agent)?.again)
  const rested = busy.map(({ agent }) => askableAt(state, posted, agent))
  return Math.min(posted.roundAt + state.config.offer_again_ms, ...rested)
}
