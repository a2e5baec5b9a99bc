/** Lists a task's attempts and their ends for people. */
import type { SupersedeReason } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { ActionHash, AgentKey, Millis } from '../../types/events.ts'
import { lossOf } from '../poster/phases.ts'
import { currentGrant, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'

/** The end of an attempt. */
export interface AttemptEnd {
  /** The reason of the loss, or `accepted`, or `closed` if its task was closed while the attempt stood. */
  readonly why: Exclude<SupersedeReason, 'none'> | 'accepted' | 'closed'
  /** The failure code in its Result, such as `engine_crashed`; null without one. */
  readonly code: string | null
  /**
   * The time of the loss of the last attempt: the last message of its worker, or the end of its lease or time (`expired`).
   * Null for an earlier attempt.
   */
  readonly since: Millis | null
}

/** One grant of a task, for people. */
export interface AttemptView {
  readonly attempt: number
  readonly grant: ActionHash
  readonly worker: AgentKey
  /** The reason why the attempt before was superseded. */
  readonly reason: SupersedeReason
  /** Salted digest of the text that the attempt continues; null if it starts from the beginning. */
  readonly prefix_digest: string | null
  /** The time of the Grant. */
  readonly granted_at: Millis
  readonly result: ActionHash | null
  /** The time at which its Result was first named here; null without one. */
  readonly result_at: Millis | null
  /** The poster's finding when it checked the output; null without a check. */
  readonly verdict: string | null
  /** Null while the attempt stands, and if a restart has made its end unknown. */
  readonly ended: AttemptEnd | null
}

/** Returns the attempts of a task, first to last. */
export function attemptsOf(state: MeshState, posted: Posted, now: Millis): AttemptView[] {
  return posted.grants.map(({ hash, at, entry }, index) => {
    const seen = posted.results.get(hash)
    const next = posted.grants[index + 1]?.entry.reason ?? 'none'
    const status = seen?.event?.entry.status
    const code = status?.type === 'failed' ? status.code : null
    return {
      attempt: entry.attempt,
      grant: hash,
      worker: entry.worker,
      reason: entry.reason,
      prefix_digest: entry.prefix_digest,
      granted_at: at,
      result: seen?.event?.hash ?? null,
      result_at: seen?.event ? seen.seenAt : null,
      verdict: seen?.verdict?.why ?? null,
      ended: next === 'none' ? lastEnd(state, posted, code, now) : { why: next, code, since: null },
    }
  })
}

/** Returns the end of the current attempt. Messages after the Close do not change it. */
function lastEnd(state: MeshState, posted: Posted, code: string | null, now: Millis): AttemptEnd | null {
  const { close } = posted
  if (close?.entry.result && isOfGrant(posted, close.entry.result)) return plain('accepted')
  const loss = lossOf(state, posted, close?.at ?? now)
  if (loss) return { why: loss.why, code, since: loss.since }
  // A task fails only when its last attempt is lost. So here that attempt was lost, for a reason that is not known any more.
  return close && close.entry.outcome !== 'failed' ? plain('closed') : null
}

function plain(why: AttemptEnd['why']): AttemptEnd {
  return { why, code: null, since: null }
}

function isOfGrant(posted: Posted, result: ActionHash): boolean {
  const grant = currentGrant(posted)
  return grant !== null && posted.results.get(grant.hash)?.event?.hash === result
}
