/** Judges by the clock and by messages whether the current grant of a task stands or is lost. */
import type { SupersedeReason } from '../../zomes-bindings/generated/SupersedeReason.ts'
import { limits } from '../limits.ts'
import { isRunning } from '../planning/pace.ts'
import type { AgentKey, EventOf, Millis } from '../types/events.ts'
import { elsewhereFrom } from './elsewhere.ts'
import { currentGrant, isSpent, type Lease, type Posted } from './posted.ts'
import type { MeshState } from './state.ts'

/** Returns the lease that a grant begins with. It runs by the poster's clock alone; no peer's time is compared. */
export function openLease(grant: EventOf<'Grant'>, at: Millis): Lease {
  const until = at + grant.entry.lease_ms
  return {
    grant: grant.hash,
    since: at,
    until,
    heardAt: at,
    started: false,
    startedAt: null,
    released: false,
    tokens_in: 0,
    readAt: null,
    textAt: null,
    countedAt: null,
    ran: false,
    tokens_out: 0,
  }
}

/** A sign of life of a worker, with its report about the run. */
export interface Sign {
  readonly from: AgentKey
  readonly attempt: number
  readonly running: boolean
  /** Whether it brought a piece of the answer; `ran` is whether it said that no more pieces come. */
  readonly text: boolean
  readonly ran: boolean
  readonly tokens_in: number
  readonly tokens_out: number
  readonly released: boolean
  readonly at: Millis
}

/** Returns the task after its worker gave a sign of life, or the same task if the sign is not for the current grant. */
export function renew(posted: Posted, sign: Sign): Posted {
  const grant = currentGrant(posted)
  const lease = posted.lease
  if (!grant || !lease || posted.close) return posted
  if (grant.entry.worker !== sign.from || grant.entry.attempt !== sign.attempt) return posted
  const until = Math.max(lease.until, sign.at + grant.entry.lease_ms)
  const startedAt = lease.startedAt ?? (sign.running ? sign.at : null)
  return {
    ...posted,
    lease: {
      ...lease,
      until,
      heardAt: Math.max(lease.heardAt, sign.at),
      startedAt,
      started: lease.started || sign.running,
      released: lease.released || sign.released,
      tokens_in: Math.max(lease.tokens_in, sign.tokens_in),
      readAt: sign.tokens_in > lease.tokens_in ? Math.max(lease.readAt ?? 0, sign.at) : lease.readAt,
      textAt: sign.text ? Math.max(lease.textAt ?? 0, sign.at) : lease.textAt,
      countedAt:
        sign.tokens_out > lease.tokens_out ? Math.max(lease.countedAt ?? 0, sign.at) : lease.countedAt,
      ran: lease.ran || sign.ran,
      tokens_out: Math.max(lease.tokens_out, sign.tokens_out),
    },
  }
}

/**
 * Returns when the current grant ends by the clock: at the end of its lease, at the task's bound on one run, or after the
 * silence of its running worker. The time of the run counts from when the worker began. Before that, the worker waits for its
 * engine or loads the model, and renews the lease to show it.
 */
export function leaseEnd(state: MeshState, posted: Posted, now: Millis): Millis {
  const { lease } = posted
  if (!lease) return Number.POSITIVE_INFINITY
  return Math.min(lease.until, runEnd(state, posted, now))
}

/** Number of full fetch timeouts that an output gets before its grant is lost, if its lease is shorter than that. */
const fetchesMin = 2

/**
 * Returns when the run of the current grant ends by the clock. A worker in mid-answer is held to the bounds of a run. A worker
 * that has named its Result waits for the poster and need not send messages, even if it was away for longer than a run. Once
 * that Result is here, the run is over.
 *
 * A worker that sends messages but not the output, or not the salt and key that open it, holds the task only as long as a
 * fetch may take. A silent worker of the last attempt keeps its lease: no other attempt can follow, and the worker may only
 * have been cut off.
 */
function runEnd(state: MeshState, posted: Posted, now: Millis): Millis {
  const { lease, results, task } = posted
  const seen = lease && results.get(lease.grant)
  const given = seen ? seen.seenAt + Math.max(task.entry.lease_ms, fetchesMin * limits.artifact_fetch_ms) : 0
  if (seen?.event && !seen.verdict) return given
  if (!lease || seen?.event) return Number.POSITIVE_INFINITY
  // A worker that names a Result has begun at some time.
  const startedAt = lease.startedAt ?? (seen ? lease.since : null)
  if (startedAt === null) return startEnd(state, posted, lease, now)
  const runs = Math.min(startedAt + task.entry.deadlines_ms.run, resultEnd(posted, lease))
  if (seen) return Math.max(runs, given)
  if (isSpent(posted)) return runs
  return Math.min(runs, lease.heardAt + state.config.silence_ms, textEnd(state, posted, lease, now))
}

/** Returns until when a worker that only gives signs of life may begin an interactive task; the last attempt has no bound. */
function startEnd(state: MeshState, posted: Posted, { since }: Lease, now: Millis): Millis {
  const isWaitedFor = posted.task.entry.priority === 'interactive' && posted.task.entry.work.type === 'model'
  if (!isWaitedFor || isSpent(posted)) return Number.POSITIVE_INFINITY
  return orElsewhere(state, posted, since + limits.first_start_ms, now)
}

/**
 * Returns when the next piece of an answer is due, whatever else its worker reports; infinite once the worker has reported the
 * end of the run. Each piece is due soon after the one before. The first one is due once the whole input can have been read.
 * Each report of more tokens read or generated must soon be followed by another one. Without a piece, such reports extend the
 * time beyond the usual bound only if no other worker could take the task.
 */
function textEnd(state: MeshState, posted: Posted, lease: Lease, now: Millis): Millis {
  const { startedAt, readAt, textAt, countedAt, ran } = lease
  if (ran || startedAt === null) return Number.POSITIVE_INFINITY
  const { first_token_ms, next_token_ms, counted_only_ms } = limits
  if (textAt !== null && textAt >= (countedAt ?? 0)) return textAt + next_token_ms
  if (countedAt !== null) {
    // Without a stream a piece may be lost, and only the count in a renewal shows it. A count alone is not an answer.
    const pieces = Math.max(firstTextEnd(posted, startedAt), (textAt ?? startedAt) + counted_only_ms)
    return Math.min(countedAt + next_token_ms, orElsewhere(state, posted, pieces, now))
  }
  const first = firstTextEnd(posted, startedAt)
  if (readAt === null) return first
  const prefix = currentGrant(posted)?.entry.prefix_digest ?? null
  const read = first + (prefix === null ? 0 : limits.first_token_prefix_ms)
  return Math.min(readAt + first_token_ms, orElsewhere(state, posted, read, now))
}

/** Returns when the first piece of a run that began at `startedAt` is due, by the size of the payload. */
function firstTextEnd({ task }: Posted, startedAt: Millis): Millis {
  return startedAt + limits.first_token_ms + task.entry.payload_bytes * limits.first_token_ms_per_byte
}

/** Returns when the time of a worker is over: at `end`, or once another peer could be asked, if that is later. */
function orElsewhere(state: MeshState, posted: Posted, end: Millis, now: Millis): Millis {
  return now < end ? end : Math.max(end, elsewhereFrom(state, posted, now))
}

/**
 * Returns until when a worker whose run is over may name its Result, whatever else it reports. The time covers its attempts to
 * write the Result, and the lease that it may have renewed last. Infinite while the worker has not reported the end.
 */
function resultEnd({ task }: Posted, { startedAt, textAt, countedAt, ran }: Lease): Millis {
  const { lease_ms } = task.entry
  if (!ran || startedAt === null) return Number.POSITIVE_INFINITY
  const ended = Math.max(textAt ?? startedAt, countedAt ?? startedAt)
  return ended + Math.max(lease_ms, limits.attest_patience_ms) + lease_ms
}

/** Returns how the current grant ended by the messages and checks, regardless of the clock; null if it has not ended so. */
export function endOf(posted: Posted): 'failed' | 'rejected' | 'released' | null {
  const seen = posted.lease && posted.results.get(posted.lease.grant)
  if (seen?.event?.entry.status.type === 'failed') return 'failed'
  if (seen?.verdict && !seen.verdict.ok) return 'rejected'
  return posted.lease?.released ? 'released' : null
}

/**
 * Returns why the current grant is lost, or null while it stands. `expired`: the lease, or the time for one run, ended.
 * `silent`: the worker had begun and then sent nothing more.
 */
export function lossOf(
  state: MeshState,
  posted: Posted,
  now: Millis,
): Exclude<SupersedeReason, 'none'> | null {
  const grant = currentGrant(posted)
  const lease = posted.lease
  if (!grant || !lease) return null
  const end = endOf(posted)
  if (end) return end
  if (now < leaseEnd(state, posted, now)) return null
  const heardUntil = Math.min(lease.until, lease.heardAt + state.config.silence_ms)
  const quiet = Math.min(heardUntil, textEnd(state, posted, lease, now)) <= now
  return lease.started && quiet ? 'silent' : 'expired'
}

/** Returns the time of the loss: the end of the lease or run (`expired`), else the time of the worker's last message. */
export function lostAt(state: MeshState, posted: Posted, why: SupersedeReason, now: Millis): Millis {
  return why === 'expired' ? leaseEnd(state, posted, now) : (posted.lease?.heardAt ?? 0)
}

/**
 * Whether another peer has the task, so that a claim of this peer is useless. Either a Grant is being written for an earlier
 * claim, or another worker's grant stands. A grant whose Result was rejected is lost, even if its worker renews the lease.
 */
export function isTaken(state: MeshState, posted: Posted, by: AgentKey, now: Millis): boolean {
  if (isRunning(state, posted.task.hash, 'commit') && !posted.claims.has(by)) return true
  return currentGrant(posted)?.entry.worker !== by && stands(state, posted, now)
}

/** Whether a worker has the task and has not lost it. */
export function stands(state: MeshState, posted: Posted, now: Millis): boolean {
  if (!currentGrant(posted) || !posted.lease) return false
  return lossOf(state, posted, now) === null
}
