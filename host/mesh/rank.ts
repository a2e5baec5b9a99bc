import type { ActionHash, AgentKey, EventOf } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { hasModel } from './feasible.ts'

/**
 * Peers in the order in which a task is offered to them: those that lost no attempt of it before, then those that
 * have the model, then the tightest memory that suffices (in doublings, so that like machines count as equal), then
 * the fewest grants held, then the least load; ties by a hash of task and agent, so that tasks spread over equals.
 * The order does not depend on the order of the list.
 */
export function rank(
  task: EventOf<'Task'>,
  peers: readonly Peer[],
  lost: ReadonlySet<AgentKey>,
): readonly Peer[] {
  return peers
    .map((peer) => ({ peer, key: rankKey(task, peer, lost) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ peer }) => peer)
}

function rankKey(
  task: EventOf<'Task'>,
  peer: Peer,
  lost: ReadonlySet<AgentKey>,
): readonly (number | string)[] {
  const { compute, inference } = peer.card.capabilities
  const digest = task.entry.work.digest
  const load = peer.presence?.load ?? peer.card.load
  return [
    lost.has(peer.agent) ? 1 : 0,
    hasModel(inference.models, digest) ? 0 : 1,
    spareDoublings(compute.ram_gb * 1024, task.entry.requirements.memory_mib),
    peer.presence?.held_grants ?? 0,
    load.cpu_percent,
    tie(task.hash, peer.agent),
    peer.agent,
  ]
}

function spareDoublings(hasMib: number, needsMib: number): number {
  if (hasMib < needsMib) return Number.MAX_SAFE_INTEGER
  return Math.floor(Math.log2(Math.max(1, hasMib - needsMib)))
}

function compareKeys(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? 0
    const right = b[i] ?? 0
    if (left < right) return -1
    if (left > right) return 1
  }
  return 0
}

/** FNV-1a over both names: no secret, only an even spread that everybody computes alike. */
export function tie(task: ActionHash, agent: AgentKey): number {
  const text = `${task}/${agent}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
