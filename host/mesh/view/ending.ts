/** Explains why a task was closed without an accepted result. */
import type { ActionHash, Millis } from '../../types/events.ts'
import { refusesForGood } from '../placement/candidates.ts'
import { isFatal } from '../placement/no-candidates.ts'
import { currentGrant, isSpent, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'

/** The reason why a task was closed without an accepted result. */
export interface TaskEnd {
  /**
   * - `queue`: It was not granted within its time in the queue.
   * - `total`: Its total time ran out.
   * - `attempts`: Its last attempt was lost.
   * - `nobody`: No machine is left that could run it. The output of each was rejected, or the machine has gone.
   * - `prompt`: Its prompt ended the engine of its worker, and would end the next engine too.
   * - `refused`: A machine refuses it for a reason that does not pass, and no other machine is left that could run it.
   * - `cancelled`: Its poster withdrew it.
   * - `dependency`: A task that it depends on was closed without an accepted result.
   * - `twin`: Its key already belonged to another task.
   */
  readonly why:
    | 'queue'
    | 'total'
    | 'attempts'
    | 'nobody'
    | 'prompt'
    | 'refused'
    | 'cancelled'
    | 'dependency'
    | 'twin'
  /** Length of the deadline that ran out, in milliseconds; null if none did. */
  readonly ms: Millis | null
  /** The task depended on, or the twin; null without one. */
  readonly task: ActionHash | null
}

/** Returns why a task ended. Null for an open or accepted task, and if the state of a dependency is not known any more. */
export function endingOf(state: MeshState, posted: Posted): TaskEnd | null {
  switch (posted.close?.entry.outcome) {
    case 'expired':
      return expired(posted)
    case 'failed':
      return { why: failedBy(posted), ms: null, task: null }
    case 'cancelled':
      return cancelled(state, posted)
    default:
      return null
  }
}

/** Returns why a task failed. A last attempt that its worker refused to run does not count as a failed attempt. */
function failedBy(posted: Posted): 'attempts' | 'nobody' | 'prompt' | 'refused' {
  if (isFatal(posted)) return 'prompt'
  const last = currentGrant(posted)?.entry.worker
  if (isSpent(posted) && !(last && refusesForGood(posted, last))) return 'attempts'
  return [...posted.lastRefusals.keys()].some((agent) => refusesForGood(posted, agent)) ? 'refused' : 'nobody'
}

function expired({ task, grants, close }: Posted): TaskEnd {
  const { created_at, deadlines_ms } = task.entry
  const inQueue = grants.length === 0 && (close?.at ?? 0) < created_at + deadlines_ms.total
  const why = inQueue ? 'queue' : 'total'
  return { why, ms: deadlines_ms[why], task: null }
}

function cancelled(state: MeshState, posted: Posted): TaskEnd | null {
  const { task, close, cancelWanted, recalled, twinOf } = posted
  const { depends_on } = task.entry
  if (twinOf) return { why: 'twin', ms: null, task: twinOf }
  const lost = depends_on.find((hash) => {
    const end = recalled.get(hash)
    return end && end.outcome !== 'accepted' && end.at <= (close?.at ?? 0)
  })
  if (lost && !cancelWanted) return { why: 'dependency', ms: null, task: lost }
  const known = cancelWanted || depends_on.every((hash) => state.open.has(hash) || recalled.has(hash))
  return known ? { why: 'cancelled', ms: null, task: null } : null
}
