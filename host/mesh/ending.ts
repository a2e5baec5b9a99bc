import type { ActionHash, Millis } from '../types/events.ts'
import { refusesForGood } from './candidates.ts'
import { isFatal } from './nobody-left.ts'
import { currentGrant, isSpent, type Posted } from './posted.ts'
import { namedEnd } from './readiness.ts'
import type { MeshState } from './state.ts'

/** Why a task was closed without an accepted result. */
export interface TaskEnd {
  /**
   * - `queue`: nobody was given it within its time in the queue.
   * - `total`: its whole time ran out.
   * - `attempts`: the last of its attempts was lost.
   * - `nobody`: no machine is left that could run it: the output of each was rejected, or the machine has gone.
   * - `prompt`: it ended the engine of its worker, and would end that of the next.
   * - `refused`: a machine refuses it for a reason that does not pass, and no other machine is left that could run it.
   * - `cancelled`: its poster withdrew it.
   * - `dependency`: a task that it depends on was closed without an accepted result.
   * - `twin`: its key already stood for another task.
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
  /** Length of the deadline that ran out, in milliseconds; null where none did. */
  readonly ms: Millis | null
  /** The other task; null where there is none. */
  readonly task: ActionHash | null
}

/** Why a task ended; null for one that is open or accepted, and where what it hung on is not known any more. */
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

/** Tells why a task failed. A last attempt that its worker refused to run does not count as a failed attempt. */
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
  const { task, close, cancelWanted, recalled } = posted
  const { id, depends_on } = task.entry
  const first = state.keys.get(id)
  if (first && first !== task.hash) return { why: 'twin', ms: null, task: first }
  const lost = depends_on.find((hash) => {
    const end = namedEnd(state, posted, hash)
    return end && end.outcome !== 'accepted' && end.at <= (close?.at ?? 0)
  })
  if (lost && !cancelWanted) return { why: 'dependency', ms: null, task: lost }
  // A task of an epoch that was left may be the one that it depended on in vain.
  const known = cancelWanted || depends_on.every((hash) => state.tasks.has(hash) || recalled.has(hash))
  return known ? { why: 'cancelled', ms: null, task: null } : null
}
