import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'
import { lacks, type Needs } from './lacks.ts'
import type { MeshState } from './state.ts'

/** Whether a peer was heard of lately, or sits on this very machine. */
export function isPresent(peer: Peer, self: string, now: Millis, awayMs: number): boolean {
  return peer.agent === self || (peer.seenAt !== null && now - peer.seenAt <= awayMs)
}

/** Whether a peer is known and not there. One that nothing is known of may be there. */
export function isAway({ peers, self, config }: MeshState, agent: string, now: Millis): boolean {
  const peer = peers.get(agent)
  return peer !== undefined && agent !== self && !isPresent(peer, self, now, config.peer_away_ms)
}

/** When a peer that says nothing more counts as away. */
export function awayAt(peer: Peer, awayMs: number): Millis {
  return peer.seenAt === null ? Number.POSITIVE_INFINITY : peer.seenAt + awayMs + 1
}

/** Everything in a machine's card that keeps it from running a task; empty when it can. */
export function shortfalls(task: Needs, card: NodeCapability): RefusalCode[] {
  return lacks(task, card).map(({ code }) => code)
}

/** Why a peer cannot be asked to run a task, from all that the poster knows of it; empty when it can. */
export function feasible(task: Needs, peer: Peer, self: string, now: Millis, awayMs: number): RefusalCode[] {
  const codes = shortfalls(task, peer.card)
  const availability = peer.presence?.availability ?? peer.card.availability
  if (availability === 'draining') codes.push('draining')
  if (availability === 'offline' || !isPresent(peer, self, now, awayMs)) codes.push('offline')
  return codes
}

/** Whether a peer, by what is known of it now, can be asked just as before; when it was last seen is left out. */
export function sameForAsking(before: Peer, now: Peer): boolean {
  const seen = (before.seenAt === null) === (now.seenAt === null)
  return seen && before.card === now.card && before.presence?.availability === now.presence?.availability
}
