import type { CloseOutcome } from '../../zomes-bindings/generated/CloseOutcome.ts'
import { SUPERSEDED_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { ActionHash, EntryOf, Millis } from '../types/events.ts'
import { acceptable, currentResult, resultsOfStandIns } from './apply-poster.ts'
import type { Readiness } from './readiness.ts'
import { lastEvent, type Posted } from './state.ts'

/**
 * The Close that a task needs now, or null while it has to go on. `lost` says that the current grant is beyond hope. A
 * task that waits for others has not begun to queue, and one that can never start is cancelled.
 */
export function closing(
  posted: Posted,
  ready: Readiness,
  lost: boolean,
  now: Millis,
): EntryOf<'Close'> | null {
  if (posted.cancelWanted || ready.type === 'never') return close(posted, 'cancelled')
  if (acceptable(posted)) return close(posted, 'accepted')
  const { created_at, deadlines_ms, max_attempts } = posted.task.entry
  if (now >= created_at + deadlines_ms.total) return isHopeful(posted, now) ? null : close(posted, 'expired')
  if (ready.type === 'waiting') return null
  if (posted.grants.length === 0)
    return now >= ready.since + deadlines_ms.queue ? close(posted, 'expired') : null
  const spent = posted.grants.length >= max_attempts
  return spent && lost ? close(posted, 'failed') : null
}

/** Whether a result is here that only lacks its check: its worker has a lease to send what opens it. */
function isHopeful(posted: Posted, now: Millis): boolean {
  const seen = [currentResult(posted), ...resultsOfStandIns(posted)]
  return seen.some((one) => {
    const open = one?.event?.entry.status.type === 'ok' && one.verdict === null
    return open && now < one.seenAt + posted.task.entry.lease_ms
  })
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
