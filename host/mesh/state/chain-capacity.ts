/** Counts the room that is left on the own chain of an epoch. */
import { limits } from '../../limits.ts'
import type { DnaHash, MeshEvent } from '../../types/events.ts'
import { openClaims } from './held.ts'
import type { Posted } from './posted.ts'
import { type MeshState, WITH_LINK } from './state.ts'

/**
 * Actions of a chain that are not events: its first actions, capability grants to others and to this daemon, and another
 * grant if the signing credentials are lost.
 */
const OWN_AFFAIRS = 16

/** The fill level of the own chain of an epoch, in actions. */
export interface ChainCapacity {
  /** Actions written so far. */
  readonly written: number
  /** Actions that the open tasks and the held grants may still need. */
  readonly reserved: number
  /** The most actions that the epoch takes from one key. */
  readonly max: number
}

/** The work that still fits on the own chain of an epoch. */
export interface ChainPlacesLeft {
  /** Own tasks with the default number of attempts, if nothing else is written. */
  readonly posts: number
  /** Tasks of others, if nothing else is written. */
  readonly runs: number
  /** Whether the chain is so full that people should be warned: more than `limits.chain_tight_share` is used. */
  readonly tight: boolean
}

/** Returns the heads with an own event added. */
export function withHead(heads: MeshState['heads'], event: MeshEvent): MeshState['heads'] {
  const { dna_hash } = event.entry
  const end = lastPlace(event)
  return end > (heads.get(dna_hash) ?? 0) ? new Map(heads).set(dna_hash, end) : heads
}

/** Returns the chain position of the last action that was written with an event: its link's, if it has one. */
export function lastPlace({ entry, seq }: MeshEvent): number {
  const linked = entry.type === 'Result' || entry.type === 'Close'
  return linked || (entry.type === 'Task' && entry.fallback !== null) ? seq + 1 : seq
}

/** Returns the fill level of the own chain of an epoch. */
export function chainCapacity(state: MeshState, dna: DnaHash): ChainCapacity {
  const poster = state.reserved.get(dna) ?? 0
  const held = [...state.held.values()].filter(
    ({ result, ended, taskEvent }) => !result && !ended && (taskEvent?.entry.dna_hash ?? dna) === dna,
  )
  // The epoch of a claimed task is not kept, so each claim counts here.
  const worker = (held.length + openClaims(state).length) * WITH_LINK
  return { written: state.heads.get(dna) ?? 0, reserved: poster + worker, max: state.config.max_action_seq }
}

/** Whether the epoch takes an own task, with every action that it may need until it is closed. */
export function takesTask(state: MeshState, task: Posted['task']['entry']): boolean {
  return left(chainCapacity(state, task.dna_hash)) >= actionsOf(task)
}

/** Whether the epoch takes the task once open tasks have ended that need less than is reserved for them. */
export function mayTakeTask(state: MeshState, task: Posted['task']['entry']): boolean {
  return left({ ...chainCapacity(state, task.dna_hash), reserved: 0 }) >= actionsOf(task)
}

/** Returns the number of actions that an own task may need from its post to its Close. */
function actionsOf({
  fallback,
  max_attempts,
}: Pick<Posted['task']['entry'], 'fallback' | 'max_attempts'>): number {
  return 1 + (fallback === null ? 0 : 1) + max_attempts + WITH_LINK
}

/** Whether the epoch takes one more Result. */
export function takesGrant(state: MeshState, dna: DnaHash): boolean {
  return left(chainCapacity(state, dna)) >= WITH_LINK
}

/** Whether the epoch takes a FallbackClaim, and the Result under it. */
export function takesClaim(state: MeshState, dna: DnaHash): boolean {
  return left(chainCapacity(state, dna)) >= 1 + WITH_LINK
}

/** Whether a task of an epoch can still be closed. Its reserve is gone only if the chain was written to past its bound. */
export function canClose(state: MeshState, dna: DnaHash): boolean {
  const { written, max } = chainCapacity(state, dna)
  return written + WITH_LINK <= max
}

function left({ written, reserved, max }: ChainCapacity): number {
  return max - OWN_AFFAIRS - written - reserved
}

/** Returns the work that still fits on the own chain of an epoch, by the counts that refuse tasks and grants. */
export function chainPlacesLeft(room: ChainCapacity): ChainPlacesLeft {
  const free = Math.max(0, left(room))
  return {
    posts: Math.floor(free / actionsOf({ fallback: null, max_attempts: limits.attempts })),
    runs: Math.floor(free / WITH_LINK),
    tight: room.max - free > limits.chain_tight_share * room.max,
  }
}
