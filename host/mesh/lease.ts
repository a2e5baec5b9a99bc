/** Keeps the lease of a grant: begins it, and renews it by the worker's signs of life. */
import type { AgentKey, EventOf, Millis } from '../types/events.ts'
import { currentGrant, type Lease, type Posted } from './posted.ts'

/** Returns the lease that a grant begins with. It runs by the poster's clock alone; no peer's time is compared. */
export function openLease(grant: EventOf<'Grant'>, at: Millis): Lease {
  return {
    grant: grant.hash,
    since: at,
    until: at + grant.entry.lease_ms,
    heardAt: at,
    startedAt: null,
    progressAt: null,
    textAt: null,
    tokens_in: 0,
    tokens_out: 0,
    ran: false,
    released: false,
  }
}

/** A sign of life of a worker, with its report about the run. */
export interface Sign {
  readonly from: AgentKey
  readonly attempt: number
  readonly at: Millis
  /** Whether the run has begun. */
  readonly running: boolean
  /** Whether it brought a piece of the answer; `ran` is whether it said that no more pieces come. */
  readonly text: boolean
  readonly ran: boolean
  readonly tokens_in: number
  readonly tokens_out: number
  readonly released: boolean
}

/** Returns the task after its worker gave a sign of life, or the same task if the sign is not for the current grant. */
export function renew(posted: Posted, sign: Sign): Posted {
  const grant = currentGrant(posted)
  const { lease } = posted
  if (!grant || !lease || posted.close) return posted
  if (grant.entry.worker !== sign.from || grant.entry.attempt !== sign.attempt) return posted
  const at = Math.max(lease.heardAt, sign.at)
  const begins = sign.running && lease.startedAt === null
  const grows = sign.tokens_in > lease.tokens_in || sign.tokens_out > lease.tokens_out
  const progresses = begins || grows || sign.text || (sign.ran && !lease.ran)
  return {
    ...posted,
    lease: {
      ...lease,
      until: at + grant.entry.lease_ms,
      heardAt: at,
      startedAt: begins ? at : lease.startedAt,
      progressAt: progresses ? at : lease.progressAt,
      textAt: sign.text ? at : lease.textAt,
      tokens_in: Math.max(lease.tokens_in, sign.tokens_in),
      tokens_out: Math.max(lease.tokens_out, sign.tokens_out),
      ran: lease.ran || sign.ran,
      released: lease.released || sign.released,
    },
  }
}
