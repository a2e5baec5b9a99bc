import type { SupersedeReason } from '../../zomes-bindings/generated/SupersedeReason.ts'
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import { lossOf, lostAt } from './lease.ts'
import { currentGrant, type Posted } from './posted.ts'
import type { MeshState } from './state.ts'

/** How an attempt ended. */
export interface AttemptEnd {
  /** Why it was lost; `accepted`, or `closed` with its task while it stood. */
  readonly why: Exclude<SupersedeReason, 'none'> | 'accepted' | 'closed'
  /** What its Result says that went wrong, such as `engine_crashed`; null where there is none. */
  readonly code: string | null
  /**
   * Of the last attempt, when its worker was last heard of, or when its lease or its time ran out (`expired`); null of
   * those that another one followed.
   */
  readonly since: Millis | null
}

/** One grant of a task, for people. */
export interface AttemptView {
  readonly attempt: number
  readonly grant: ActionHash
  readonly worker: AgentKey
  /** Why the attempt before was superseded. */
  readonly reason: SupersedeReason
  /** Salted digest of the text that it goes on with; null where it begins anew. */
  readonly prefix_digest: string | null
  readonly result: ActionHash | null
  /** What the poster found when it checked the output; null when it did not (yet). */
  readonly verdict: string | null
  /** Null while it stands, and where a restart has made it unknown. */
  readonly ended: AttemptEnd | null
}

/** The attempts of a task, first to last. */
export function attemptsOf(state: MeshState, posted: Posted, now: Millis): AttemptView[] {
  return posted.grants.map(({ hash, entry }, index) => {
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
      result: seen?.event?.hash ?? null,
      verdict: seen?.verdict?.why ?? null,
      ended: next === 'none' ? lastEnd(state, posted, code, now) : { why: next, code, since: null },
    }
  })
}

/** How the current attempt ended. What is said and heard after the Close changes nothing in that. */
function lastEnd(state: MeshState, posted: Posted, code: string | null, now: Millis): AttemptEnd | null {
  const { close } = posted
  if (close?.entry.result && isOfGrant(posted, close.entry.result)) return plain('accepted')
  const at = close?.at ?? now
  const why = lossOf(state, posted, at)
  if (why) return { why, code, since: lostAt(state, posted, why, at) }
  // A task fails only when its last attempt is lost, so that one stood for all that is known here and did not.
  return close && close.entry.outcome !== 'failed' ? plain('closed') : null
}

function plain(why: AttemptEnd['why']): AttemptEnd {
  return { why, code: null, since: null }
}

function isOfGrant(posted: Posted, result: ActionHash): boolean {
  const grant = currentGrant(posted)
  return grant !== null && posted.results.get(grant.hash)?.event?.hash === result
}
