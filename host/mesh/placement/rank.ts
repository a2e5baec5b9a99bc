/** Ranks peers for a task. */
import type { Placement } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import type { Needs } from '../state/lacks.ts'
import { binpackKey, scoreKey } from './strategies.ts'
import { traitsOf, type Vantage } from './traits.ts'

/** The parts of a task that decide the order in which peers are asked. */
export interface Ranked {
  readonly hash: ActionHash
  readonly entry: Needs & { readonly placement: Placement }
}

/**
 * Returns peers in the order in which a task is offered to them. Peers that lost no attempt of it come first, then
 * machines of which the poster holds an allocation. Then the task's strategy and preference decide. A hash of task and agent breaks ties, so that tasks spread over equal peers. The
 * order depends neither on the order of the list nor, for two peers, on which others are present.
 */
export function rank(task: Ranked, peers: readonly Peer[], vantage: Vantage): readonly Peer[] {
  return peers
    .map((peer) => ({ peer, key: [...rankKey(task, peer, vantage), tie(task.hash, peer.agent), peer.agent] }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ peer }) => peer)
}

/**
 * Returns the sort key of a peer: the first difference counts, and lower comes first. Only `tie` separates equal peers.
 */
export function rankKey(task: Ranked, peer: Peer, vantage: Vantage): readonly number[] {
  const { placement } = task.entry
  const traits = traitsOf(task.entry, peer, vantage)
  const key = placement.strategy === 'weighted_score' ? scoreKey : binpackKey
  return [
    vantage.lost.has(peer.agent) ? 1 : 0,
    vantage.allocated.has(peer.agent) ? 0 : 1,
    ...key(traits, placement.prefer),
  ]
}

/** Returns a negative number, zero or a positive number as the first key comes before, with or after the second. */
export function compareKeys(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? 0
    const right = b[i] ?? 0
    if (left < right) return -1
    if (left > right) return 1
  }
  return 0
}

/** Computes FNV-1a over both names. It is no secret, only an even spread that every machine computes alike. */
export function tie(task: ActionHash, agent: AgentKey): number {
  const text = `${task}/${agent}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
