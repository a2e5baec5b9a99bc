/** Decides when an own task is closed, and with which outcome. */
import type { CloseOutcome } from '../../zomes-bindings/generated/CloseOutcome.ts'
import { SUPERSEDED_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { ActionHash, EntryOf, Millis } from '../types/events.ts'
import { lastEvent, type Posted } from './posted.ts'
import type { Readiness } from './readiness.ts'
import { acceptable } from './results.ts'
import { collectsUntil, stoodInUntil } from './stand-ins.ts'

/**
 * Returns the Close that a task needs now, or null while it continues. `spent` says that the current grant is lost and that no
 * new grant follows. `awayMs` is the silence in milliseconds after which a peer counts as away. A task that waits for other
 * tasks has not begun to queue. A task that can never start is cancelled. A task has failed once it has no attempt or no
 * machine left, no stand-in runs it, and no result may still be accepted.
 */
export function closing(
  posted: Posted,
  ready: Readiness,
  spent: boolean,
  now: Millis,
  awayMs: number,
): EntryOf<'Close'> | null {
  if (posted.cancelWanted || ready.type === 'never') return close(posted, 'cancelled')
  if (acceptable(posted)) return close(posted, 'accepted')
  if (now >= expiryOf(posted, ready))
    return now < expiresAt(posted, ready, awayMs) ? null : close(posted, 'expired')
  const over = spent && ready.type === 'ready' && now >= failsAt(posted, awayMs)
  return over ? close(posted, 'failed') : null
}

/** Returns when a task whose last attempt is lost has failed: no stand-in runs it, and no result may still be accepted. */
export function failsAt(posted: Posted, awayMs: number): Millis {
  return Math.max(stoodInUntil(posted), collectsUntil(posted, awayMs))
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

/**
 * Returns when a task expires if no result is accepted. After the end of the task's total time no run begins, but finished
 * results are still collected. So a machine that returns after that end waits for them too.
 */
export function expiresAt(posted: Posted, ready: Readiness, awayMs: number): Millis {
  return Math.max(expiryOf(posted, ready), collectsUntil(posted, awayMs))
}

function close(posted: Posted, outcome: CloseOutcome): EntryOf<'Close'> {
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
