/** Names the owners of the mesh's effects. */
import { backoff } from '../../planning/effect-retry.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { MeshConfig } from './state.ts'

/** The owner of effects about a peer's offer of a task. It differs from the owner of the poster's effects about that task. */
export function offerOwner(task: ActionHash, poster: AgentKey): string {
  return `asked/${task}/${poster}`
}

/** The owner of effects about a peer. */
export function peerOwner(agent: AgentKey): string {
  return `peer/${agent}`
}

/** The owner of effects about all tasks that this machine may stand by for. */
export const listingOwner = 'listing/'

/** The owner of effects about a task that this machine stands by for. */
export function standbyOwner(task: ActionHash): string {
  return `standby/${task}`
}

/** The number of tries at the shortest pause, while conductors bring a peer's recent write: 100 to 250 ms. */
const arrivalTries = 5

/**
 * Longest pause between two looks for an event of another peer, in milliseconds. After a sleep the conductors take up to 25 s to
 * bring it, and a longer pause would be lost on top.
 */
const ARRIVAL_PAUSE_MAX_MS = 1_000

/** Returns the shortest pause while an event of another peer usually arrives, then one that doubles. */
export function untilArrival(config: MeshConfig): (tries: number) => number {
  const gap = backoff(config)
  return (tries) => Math.min(ARRIVAL_PAUSE_MAX_MS, gap(Math.max(1, tries - arrivalTries)))
}
