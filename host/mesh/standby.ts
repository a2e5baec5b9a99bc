import type { AgentKey, EventOf, Millis } from '../types/events.ts'
import { feasible } from './feasible.ts'
import type { Runner } from './posted.ts'
import { rank } from './rank.ts'
import type { MeshState } from './state.ts'

/** What the DHT held of a task when it was last read. */
export interface Survey {
  readonly at: Millis
  /** Whether it is closed, or has a result that its poster can accept. */
  readonly over: boolean
  /** Whom the poster granted it to last. */
  readonly grantee: AgentKey | null
  /** That grant's attempt; 0 without one. */
  readonly attempt: number
}

/** A task of somebody else that this machine may claim while its poster is away (task protocol, 'Messages'). */
export interface Standby {
  readonly task: EventOf<'Task'>
  /** From when on this machine has listened for its poster: when it learned of the task, or the end of a sleep. */
  readonly since: Millis
  /** Null until it was read. */
  readonly survey: Survey | null
  /** Peers that say they run it. */
  readonly runners: ReadonlyMap<AgentKey, Runner>
  /** Claims of this machine that stand on its chain since it learned of the task. */
  readonly claims: number
}

/** Whether a task lets an agent go on without the poster. */
export function mayStandIn({ author, entry }: EventOf<'Task'>, agent: AgentKey): boolean {
  if (!entry.fallback || author === agent) return false
  const { allow } = entry.fallback
  return allow.type === 'any' || allow.agents.includes(agent)
}

/** Those that can stand in for a task's poster now, in the order in which they do. */
export function standInOrder(state: MeshState, task: EventOf<'Task'>, now: Millis): readonly AgentKey[] {
  const { peers, self, config } = state
  const able = [...peers.values()].filter(
    (peer) =>
      mayStandIn(task, peer.agent) && feasible(task.entry, peer, self, now, config.peer_away_ms).length === 0,
  )
  const region = peers.get(task.author)?.card.network.latency_region ?? ''
  return rank(task, able, { lost: new Set(), region, here: null }).map((peer) => peer.agent)
}

/**
 * When this machine's turn comes: its poster was away for as long as the task says, and, unless it said goodbye, for as
 * long as it takes to be sure of that; and all before it had their turn.
 */
export function turnAt({ peers, config }: MeshState, { task, since }: Standby, place: number): Millis {
  const poster = peers.get(task.author)
  const awaySince = Math.max(since, poster?.seenAt ?? since)
  const doubt = poster?.presence?.availability === 'offline' ? 0 : config.peer_away_ms
  const patience = Math.max(task.entry.fallback?.after_ms ?? 0, doubt)
  return awaySince + patience + place * config.standby_step_ms
}
