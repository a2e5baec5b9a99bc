/** Tells whether a peer is present, and whether it can run a task. */
import type { NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { awayFrom, isThere } from '../../types/peer-state.ts'
import { lacks, type Needs } from './lacks.ts'
import type { MeshState } from './state.ts'

/** Whether a peer is accepted and there by the evidence, or is this machine itself. */
export function isPresent(peer: Peer, self: string, now: Millis, awayMs: number): boolean {
  return peer.agent === self || (!peer.waiting && isThere(peer, now, awayMs))
}

/** Whether a known peer is away. An unknown peer does not count as away. */
export function isAway({ peers, self, config }: MeshState, agent: string, now: Millis): boolean {
  const peer = peers.get(agent)
  return peer !== undefined && agent !== self && !isPresent(peer, self, now, config.peer_away_ms)
}

/** Returns when a peer that sends nothing more counts as away. */
export function awayAt(peer: Peer, awayMs: number): Millis {
  return awayFrom(peer, awayMs)
}

/** Returns every reason in a machine's card that keeps it from running a task; empty if it can run it. */
export function shortfalls(task: Needs, card: NodeCapability): RefusalCode[] {
  return lacks(task, card).map(({ code }) => code)
}

/** Returns why a peer cannot be asked to run a task, by its card and presence; empty if it can be asked. */
export function feasible(task: Needs, peer: Peer, self: string, now: Millis, awayMs: number): RefusalCode[] {
  const codes = shortfalls(task, peer.card)
  const availability = peer.presence?.availability ?? peer.card.availability
  if (availability === 'draining') codes.push('draining')
  if (peer.waiting) codes.push('not_accepted')
  else if (!isPresent(peer, self, now, awayMs)) codes.push('offline')
  return codes
}

/** Whether a change of a peer's card or presence makes no difference to asking it. The time of the last beat is ignored. */
export function sameForAsking(before: Peer, now: Peer): boolean {
  const seen = (before.seenAt === null) === (now.seenAt === null)
  const linked = before.link?.state === now.link?.state
  const available = before.presence?.availability === now.presence?.availability
  const accepted = before.waiting === now.waiting
  return seen && linked && available && accepted && before.card === now.card
}
