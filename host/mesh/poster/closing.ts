/** Decides when an own task is closed, and with which outcome. */

import { SUPERSEDED_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { CloseOutcome } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { ActionHash, EntryOf, Millis } from '../../types/events.ts'
import { exhaustedAt } from '../placement/no-candidates.ts'
import { isSpent, lastEvent, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import type { Readiness } from './readiness.ts'
import { acceptable } from './results.ts'
import { collectsUntil, stoodInUntil } from './stand-ins.ts'

/** The outcome that a task comes to if nothing happens, and the time of its Close. */
export interface End {
  readonly outcome: CloseOutcome
  readonly at: Millis
}

/**
 * Returns the end of an open task. `isFree` says that no grant stands. A task that waits for other tasks has not begun to
 * queue, and one that can never start is cancelled. A task has failed once it has no attempt or no machine left, no stand-in
 * runs it, and no result may still be accepted. After its expiry no run begins, but finished results are still collected.
 */
export function endOf(state: MeshState, posted: Posted, ready: Readiness, isFree: boolean, now: Millis): End {
  if (posted.cancelWanted || ready.type === 'never') return { outcome: 'cancelled', at: 0 }
  if (acceptable(posted)) return { outcome: 'accepted', at: 0 }
  const expiry = expiryOf(posted, ready)
  const collected = collectsUntil(posted, state.config.peer_away_ms)
  const canFail = isFree && ready.type === 'ready'
  const spent = canFail ? (isSpent(posted) ? 0 : exhaustedAt(state, posted)) : Number.POSITIVE_INFINITY
  const failsAt = Math.max(spent, stoodInUntil(posted), collected)
  if (Math.max(failsAt, now) < expiry) return { outcome: 'failed', at: failsAt }
  return { outcome: 'expired', at: Math.max(expiry, collected) }
}

/**
 * Returns the time from which a task is not granted any more: the end of its total time, or of its time in the queue. The
 * latter applies only to a task that was never granted and that no stand-in runs.
 */
export function expiryOf(posted: Posted, ready: Readiness): Millis {
  const { created_at, deadlines_ms } = posted.task.entry
  const end = created_at + deadlines_ms.total
  if (ready.type !== 'ready' || posted.grants.length > 0) return end
  return Math.min(end, Math.max(ready.since + deadlines_ms.queue, stoodInUntil(posted)))
}

/** Returns the Close of a task with an outcome. */
export function closeOf(posted: Posted, outcome: CloseOutcome): EntryOf<'Close'> {
  const seen = outcome === 'accepted' ? acceptable(posted) : null
  const accepted = seen?.event?.hash ?? null
  return {
    type: 'Close',
    dna_hash: posted.task.entry.dna_hash,
    task: posted.task.hash,
    prev: lastEvent(posted),
    outcome,
    result: accepted,
    superseded: others(posted, accepted),
    checks: accepted === null ? ['none'] : [...(seen?.verdict?.checks ?? [])],
  }
}

function others(posted: Posted, accepted: ActionHash | null): ActionHash[] {
  const hashes = [...posted.results.values()].map((seen) => seen.event?.hash ?? null)
  return hashes
    .filter((hash): hash is ActionHash => hash !== null && hash !== accepted)
    .sort()
    .slice(0, SUPERSEDED_MAX)
}
