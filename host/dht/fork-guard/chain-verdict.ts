/** Decides from the evidence whether one chain may be written to. */
import { limits } from '../../limits.ts'
import type { ActionHash } from '../../types/events.ts'

/** The verdict on writes to one chain. */
export type ChainVerdict =
  /** Undecided: peers are being asked. Writes wait. */
  | { readonly type: 'checking' }
  | { readonly type: 'clear' }
  /** An action of the own key is missing here: a write would fork the chain. */
  | { readonly type: 'behind'; readonly missing: string }

/** The evidence about one chain before its first write. */
export interface ChainEvidence {
  /** The own head that is remembered outside the data folder; null for none. */
  readonly remembered: ActionHash | null
  /** Whether the chain holds that action. */
  readonly holds: boolean
  /** Whether the chain began or was cleared in this run. */
  readonly settled: boolean
  /** The place of the last own action that a peer holds and this machine does not; null if no peer holds more. */
  readonly claimed: number | null
  /**
   * The time until which peers' answers are awaited, by the monotonic clock in milliseconds; null before any can be asked.
   */
  readonly decideAt: number | null
}

/**
 * Judges a chain by the remembered head and by the peers' copies. If no peer answers in time, the remembered head decides.
 * A peer's answer alone stops writes only for `limits.head_claim_ms`: an honest peer hands the action over meanwhile. Pure.
 */
export function judgeChain(
  { remembered, holds, settled, claimed, decideAt }: ChainEvidence,
  now: number,
): ChainVerdict {
  if (remembered !== null && !holds) return { type: 'behind', missing: remembered }
  if (settled) return { type: 'clear' }
  if (decideAt === null) return { type: 'checking' }
  if (claimed !== null && now < decideAt + limits.head_claim_ms)
    return { type: 'behind', missing: `action ${claimed}` }
  return { type: now < decideAt ? 'checking' : 'clear' }
}
