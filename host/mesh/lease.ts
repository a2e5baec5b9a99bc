import type { SupersedeReason } from '../../zomes-bindings/generated/SupersedeReason.ts'
import { limits } from '../limits.ts'
import type { AgentKey, EventOf, Millis } from '../types/events.ts'
import { elsewhereFrom } from './elsewhere.ts'
import { isRunning } from './pace.ts'
import { currentGrant, isSpent, type Lease, type Posted } from './posted.ts'
import type { MeshState } from './state.ts'

/** The lease that a grant begins with. It runs by the poster's clock alone; no peer's time is compared. */
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

/** What a sign of life says about the run. */
export interface Sign {
  readonly from: AgentKey
  readonly attempt: number
  readonly running: boolean
  /** Whether it brought a piece of the answer, and whether it said that nothing more comes. */
  readonly text: boolean
  readonly ran: boolean
  readonly tokens_in: number
  readonly tokens_out: number
  readonly released: boolean
  readonly at: Millis
}

/** The task after its worker gave a sign of life; the same task when the sign is not of the current grant. */
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
 * When the current grant ends by the clock: its lease, the task's bound on one run, or the silence of a worker that
 * runs it. The run's time counts from when the worker began: until then it waits its turn there or loads the model, and renews the
 * lease to show that it does.
 */
export function leaseEnd(state: MeshState, posted: Posted, now: Millis): Millis {
  const { lease } = posted
  if (!lease) return Number.POSITIVE_INFINITY
  return Math.min(lease.until, runEnd(state, posted, now))
}

/** How often an output that could not be fetched is tried to its deadline before its grant is lost, where a lease is shorter. */
const fetchesMin = 2

/**
 * A worker in mid-answer is held to the bounds of a run. Once it has named its Result it waits for the poster and need
 * not speak, also one that was away for longer than a run; and once that Result is here, its run is over. A worker that goes on
 * speaking but gives no output, or not what opens it, holds the task no longer than that may take. The silence of the last
 * attempt's is waited out for its lease: nobody can follow it, and it may only have been cut off.
 */
function runEnd(state: MeshState, posted: Posted, now: Millis): Millis {
  const { lease, results, task } = posted
  const seen = lease && results.get(lease.grant)
  const given = seen ? seen.seenAt + Math.max(task.entry.lease_ms, fetchesMin * limits.artifact_fetch_ms) : 0
  if (seen?.event && !seen.verdict) return given
  if (!lease || seen?.event) return Number.POSITIVE_INFINITY
  // Whoever names a Result has begun at some time.
  const startedAt = lease.startedAt ?? (seen ? lease.since : null)
  if (startedAt === null) return startEnd(state, posted, lease, now)
  const runs = Math.min(startedAt + task.entry.deadlines_ms.run, resultEnd(posted, lease))
  if (seen) return Math.max(runs, given)
  if (isSpent(posted)) return runs
  return Math.min(runs, lease.heardAt + state.config.silence_ms, textEnd(state, posted, lease, now))
}

/** Until when a worker that only says that it is there may begin a task that somebody waits for; the last attempt has all its time. */
function startEnd(state: MeshState, posted: Posted, { since }: Lease, now: Millis): Millis {
  const isWaitedFor = posted.task.entry.priority === 'interactive' && posted.task.entry.work.type === 'model'
  if (!isWaitedFor || isSpent(posted)) return Number.POSITIVE_INFINITY
  return orElsewhere(state, posted, since + limits.first_start_ms, now)
}

/**
 * Until when a worker that runs a task may bring the next piece of its answer, whatever else it says, until it says that it has ended:
 * each one soon after the one before, and the first one when all can be read that there is. One that says how much it has read, or
 * generated, goes on soon after each time; while no piece comes that may take longer in all only where nobody else could do it.
 */
function textEnd(state: MeshState, posted: Posted, lease: Lease, now: Millis): Millis {
  const { startedAt, readAt, textAt, countedAt, ran } = lease
  if (ran || startedAt === null) return Number.POSITIVE_INFINITY
  const { first_token_ms, next_token_ms, counted_only_ms } = limits
  if (textAt !== null && textAt >= (countedAt ?? 0)) return textAt + next_token_ms
  if (countedAt !== null) {
    // A piece may be lost where no stream can be had, and is then known from a renewal; a count alone is no answer.
    const pieces = Math.max(firstTextEnd(posted, startedAt), (textAt ?? startedAt) + counted_only_ms)
    return Math.min(countedAt + next_token_ms, orElsewhere(state, posted, pieces, now))
  }
  const first = firstTextEnd(posted, startedAt)
  if (readAt === null) return first
  const prefix = currentGrant(posted)?.entry.prefix_digest ?? null
  const read = first + (prefix === null ? 0 : limits.first_token_prefix_ms)
  return Math.min(readAt + first_token_ms, orElsewhere(state, posted, read, now))
}

/** Until when the first piece may come of a run that began then, by how much there is to read. */
function firstTextEnd({ task }: Posted, startedAt: Millis): Millis {
  return startedAt + limits.first_token_ms + task.entry.payload_bytes * limits.first_token_ms_per_byte
}

/** When a worker that goes on has had its time: at its end, or once another one could be asked, where that is later. */
function orElsewhere(state: MeshState, posted: Posted, end: Millis, now: Millis): Millis {
  return now < end ? end : Math.max(end, elsewhereFrom(state, posted, now))
}

/**
 * Until when a worker that has said that its run is over may name its Result, whatever else it says: for as long as it tries to
 * write one, and the lease that it may have renewed last.
 */
function resultEnd({ task }: Posted, { startedAt, textAt, countedAt, ran }: Lease): Millis {
  const { lease_ms } = task.entry
  if (!ran || startedAt === null) return Number.POSITIVE_INFINITY
  const ended = Math.max(textAt ?? startedAt, countedAt ?? startedAt)
  return ended + Math.max(lease_ms, limits.attest_patience_ms) + lease_ms
}

/** How the current grant ended by what was said of it, whatever the clock says; null when nothing says so. */
export function endOf(posted: Posted): 'failed' | 'rejected' | 'released' | null {
  const seen = posted.lease && posted.results.get(posted.lease.grant)
  if (seen?.event?.entry.status.type === 'failed') return 'failed'
  if (seen?.verdict && !seen.verdict.ok) return 'rejected'
  return posted.lease?.released ? 'released' : null
}

/**
 * Why the current grant is lost, or null while it stands. `expired`: the lease, or the time for one run, ended.
 * `silent`: the worker had begun and then said nothing more.
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

/** When a lost grant was lost: when its lease or its time ran out (`expired`), else when its worker was last heard of. */
export function lostAt(state: MeshState, posted: Posted, why: SupersedeReason, now: Millis): Millis {
  return why === 'expired' ? leaseEnd(state, posted, now) : (posted.lease?.heardAt ?? 0)
}

/**
 * Whether another peer has the task, so that a claim of this one is of no use: it is being granted to one that claimed it
 * before, or a grant stands. One whose Result was rejected is lost, however long its worker renews the lease.
 */
export function isTaken(state: MeshState, posted: Posted, by: AgentKey, now: Millis): boolean {
  if (isRunning(state, posted.task.hash, 'commit') && !posted.claims.has(by)) return true
  return currentGrant(posted)?.entry.worker !== by && stands(state, posted, now)
}

/** Whether somebody has the task and has not lost it. */
export function stands(state: MeshState, posted: Posted, now: Millis): boolean {
  if (!currentGrant(posted) || !posted.lease) return false
  return lossOf(state, posted, now) === null
}
