import { limits } from '../limits.ts'
import type { DnaHash, MeshEvent } from '../types/events.ts'
import { openClaims } from './held.ts'
import type { Posted } from './posted.ts'
import { type MeshState, WITH_LINK } from './state.ts'

/**
 * Actions of a chain that are no events: those that it begins with, what a cell grants to others and to this daemon, and
 * another grant should the signing credentials be lost.
 */
const OWN_AFFAIRS = 16

/** How full the own chain of an epoch is, in actions. */
export interface ChainRoom {
  /** Written so far. */
  readonly written: number
  /** What the open tasks and the grants held may still need. */
  readonly reserved: number
  /** The most that the epoch takes from one key. */
  readonly max: number
}

/** What the own chain of an epoch still takes. */
export interface ChainLeft {
  /** Own tasks of as many attempts as a task has by default, were nothing else written. */
  readonly posts: number
  /** Tasks of others, were nothing else written. */
  readonly runs: number
  /** Whether so much of it is used that whoever posts or runs should know: more than `limits.chain_tight_share`. */
  readonly tight: boolean
}

/** The state's heads with an own event. */
export function withHead(heads: MeshState['heads'], event: MeshEvent): MeshState['heads'] {
  const { dna_hash } = event.entry
  const end = lastPlace(event)
  return end > (heads.get(dna_hash) ?? 0) ? new Map(heads).set(dna_hash, end) : heads
}

/** The place on the chain of the last action that was written with an event: that of its link, where it has one. */
export function lastPlace({ entry, seq }: MeshEvent): number {
  const linked = entry.type === 'Result' || entry.type === 'Close'
  return linked || (entry.type === 'Task' && entry.fallback !== null) ? seq + 1 : seq
}

/** How full the own chain of an epoch is. */
export function chainRoom(state: MeshState, dna: DnaHash): ChainRoom {
  const poster = state.reserved.get(dna) ?? 0
  const held = [...state.held.values()].filter(
    ({ result, ended, taskEvent }) => !result && !ended && (taskEvent?.entry.dna_hash ?? dna) === dna,
  )
  // Of which epoch a claimed task is, nobody has kept.
  const worker = (held.length + openClaims(state).length) * WITH_LINK
  return { written: state.heads.get(dna) ?? 0, reserved: poster + worker, max: state.config.max_action_seq }
}

/** Whether the epoch takes a task of the own, with every action that it may need until it is closed. */
export function takesTask(state: MeshState, task: Posted['task']['entry']): boolean {
  return left(chainRoom(state, task.dna_hash)) >= actionsOf(task)
}

/** Whether it takes one once open tasks have ended that need less than is reserved for them. */
export function mayTakeTask(state: MeshState, task: Posted['task']['entry']): boolean {
  return left({ ...chainRoom(state, task.dna_hash), reserved: 0 }) >= actionsOf(task)
}

/** The actions that an own task may need from its post to its Close. */
function actionsOf({
  fallback,
  max_attempts,
}: Pick<Posted['task']['entry'], 'fallback' | 'max_attempts'>): number {
  return 1 + (fallback === null ? 0 : 1) + max_attempts + WITH_LINK
}

/** Whether the epoch takes one more Result. */
export function takesGrant(state: MeshState, dna: DnaHash): boolean {
  return left(chainRoom(state, dna)) >= WITH_LINK
}

/** Whether the epoch takes a FallbackClaim, and the Result under it. */
export function takesClaim(state: MeshState, dna: DnaHash): boolean {
  return left(chainRoom(state, dna)) >= 1 + WITH_LINK
}

/** Whether a task can still be closed: what it has reserved is gone only where the chain was written to past its bound. */
export function canClose(state: MeshState, { task }: Posted): boolean {
  const { written, max } = chainRoom(state, task.entry.dna_hash)
  return written + WITH_LINK <= max
}

function left({ written, reserved, max }: ChainRoom): number {
  return max - OWN_AFFAIRS - written - reserved
}

/** What the own chain of an epoch still takes, by the same counts by which a task or a grant is refused. */
export function chainLeft(room: ChainRoom): ChainLeft {
  const free = Math.max(0, left(room))
  return {
    posts: Math.floor(free / actionsOf({ fallback: null, max_attempts: limits.attempts })),
    runs: Math.floor(free / WITH_LINK),
    tight: room.max - free > limits.chain_tight_share * room.max,
  }
}
