import { limits } from '../limits.ts'
import type { ActionHash } from '../types/events.ts'
import type { Head } from './head-book.ts'

/** Whether one chain may be written to. */
export type Standing =
  /** Not known yet: a peer has been asked. Writes wait. */
  | { readonly type: 'checking' }
  | { readonly type: 'clear' }
  /** This action of the own key is missing here: a write would fork the chain. */
  | { readonly type: 'behind'; readonly missing: ActionHash; readonly at: number | null }

/** A peer's word that it holds an own action which this machine did not know of. */
export interface Claim {
  readonly hash: ActionHash
  /** When it was made, by the monotonic clock in milliseconds. */
  readonly madeAt: number
  /** Whether the action has arrived here since. */
  readonly held: boolean
}

/** What is known of one chain before its first write. */
export interface Evidence {
  /** The own head as it was remembered outside the data folder. */
  readonly remembered: Head | null
  /** Whether the chain holds that action. */
  readonly holds: boolean
  /** Whether it began or was cleared in this run, so that nobody can hold more of it than was written here since. */
  readonly settled: boolean
  /** Peers that looked and hold no more than is here; null where there is nobody to ask. */
  readonly agreeing: number | null
  readonly claim: Claim | null
  /** Until when a peer's word is waited for, by the monotonic clock in milliseconds; null while nobody can be asked. */
  readonly waitUntil: number | null
}

/**
 * Judges a chain by the remembered head and by what peers hold. Where no peer answers in time, the remembered head is
 * trusted. A peer's word alone stops writes only for the time in which an honest one would have handed the action over.
 * Pure.
 */
export function judge(evidence: Evidence, now: number): Standing {
  const { remembered, holds, settled, agreeing, claim, waitUntil } = evidence
  if (remembered !== null && !holds) return { type: 'behind', missing: remembered.hash, at: remembered.at }
  if (claim !== null && !claim.held && now - claim.madeAt < limits.head_claim_ms)
    return { type: 'behind', missing: claim.hash, at: null }
  if (settled || agreeing === null || agreeing > 0 || claim !== null) return { type: 'clear' }
  const overdue = waitUntil !== null && now >= waitUntil
  return overdue ? { type: 'clear' } : { type: 'checking' }
}
