import type { CloseOutcome } from '../../zomes-bindings/generated/CloseOutcome.ts'
import { SUPERSEDED_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { ActionHash, EntryOf, Millis } from '../types/events.ts'
import { endOf } from './lease.ts'
import { lastEvent, type Posted } from './posted.ts'
import type { Readiness } from './readiness.ts'
import { acceptable, hopeEnd } from './results.ts'
import { heardBy, standInsEnd, stoodInUntil } from './stand-ins.ts'

/**
 * The Close that a task needs now, or null while it has to go on. `spent` says that the current grant is beyond hope and that the
 * task is given to nobody any more, and `awayMs` after how many milliseconds of silence a peer counts as away. A task that
 * waits for others has not begun to queue, and one that can never start is cancelled. No attempt is left to one that
 * failed, or nobody for it, nor anybody that stands in for its poster, nor a result that may yet be accepted.
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

/**
 * When a task whose last attempt is lost has failed: nobody stands in for its poster, nothing may yet be accepted, and a worker
 * that was not heard may not have been missed.
 */
export function failsAt(posted: Posted, awayMs: number): Millis {
  const missed = endOf(posted) === null ? heardBy(posted, awayMs) : 0
  return Math.max(standInsEnd(posted, awayMs), hopeEnd(posted, awayMs), missed)
}

/**
 * From when on a task is given to nobody: the end of its life, or of its time in the queue where nobody was given it and
 * nobody stands in for its poster.
 */
export function expiryOf(posted: Posted, ready: Readiness): Millis {
  const { created_at, deadlines_ms } = posted.task.entry
  const end = created_at + deadlines_ms.total
  if (ready.type !== 'ready' || posted.grants.length > 0) return end
  return Math.min(end, Math.max(ready.since + deadlines_ms.queue, stoodInUntil(posted)))
}

/**
 * When a task expires if nothing more comes of it: what was done is waited for, also by a machine that comes back after the
 * end of the task's life, which ends what may be begun and not what may be collected.
 */
export function expiresAt(posted: Posted, ready: Readiness, awayMs: number): Millis {
  return Math.max(expiryOf(posted, ready), hopeEnd(posted, awayMs), heardBy(posted, awayMs))
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
