/** Decides which machine may stand in for a poster, and when its turn comes. */
import type { AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { allocatedTo, available } from '../state/allocated.ts'
import { feasible } from '../state/feasible.ts'
import type { Standby } from '../state/held.ts'
import type { MeshState } from '../state/state.ts'
import { rank } from './rank.ts'

/** Whether a task allows an agent to run it without the poster. */
export function mayStandIn({ author, entry }: EventOf<'Task'>, agent: AgentKey): boolean {
  if (!entry.fallback || author === agent) return false
  const { allow } = entry.fallback
  return allow.type === 'any' || allow.agents.includes(agent)
}

/** Returns the agents that can stand in for a task's poster now, in the order of their turns. */
export function standInOrder(state: MeshState, task: EventOf<'Task'>, now: Millis): readonly AgentKey[] {
  const { peers, self, config } = state
  const isAble = (peer: Peer) =>
    feasible(task.entry, available(state, peer, task.author), self, now, config.peer_away_ms).length === 0
  const able = [...peers.values()].filter((peer) => mayStandIn(task, peer.agent) && isAble(peer))
  const region = peers.get(task.author)?.card.network.latency_region ?? ''
  return rank(task, able, {
    lost: new Set(),
    region,
    here: null,
    allocated: allocatedTo(state, task.author),
  }).map((peer) => peer.agent)
}

/**
 * Returns when the turn of this place comes. The poster must have been away for as long as the task says. Unless it said
 * goodbye, that is at least the time after which a peer counts as away. Each place before adds `standby_step_ms`.
 */
export function turnAt({ peers, config }: MeshState, { task, since }: Standby, place: number): Millis {
  const poster = peers.get(task.author)
  const awaySince = Math.max(since, poster?.seenAt ?? since)
  const doubt = poster?.presence?.availability === 'offline' ? 0 : config.peer_away_ms
  const patience = Math.max(task.entry.fallback?.after_ms ?? 0, doubt)
  return awaySince + patience + place * config.standby_step_ms
}
