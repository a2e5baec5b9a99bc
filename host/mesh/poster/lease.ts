/** Keeps the lease of a grant: begins it, and renews it by the worker's signs of life. */
import type { AgentKey, EventOf, Millis } from '../../types/events.ts'
import { currentGrant, type Lease, type Posted } from '../state/posted.ts'

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
  /** Whether it said that the run has begun; the counts, a piece and the end of the run say so too. */
  readonly started?: boolean
  /** Whether it brought a piece of the answer. */
  readonly text?: boolean
  readonly tokens_in?: number
  readonly tokens_out?: number
  /** Whether it said that the run has ended. */
  readonly ran?: boolean
  readonly released?: boolean
}

/** Returns the task after its worker gave a sign of life, or the same task if the sign is not for the current grant. */
export function renew(posted: Posted, sign: Sign): Posted {
  const grant = currentGrant(posted)
  const { lease } = posted
  if (!grant || !lease || posted.close) return posted
  if (grant.entry.worker !== sign.from || grant.entry.attempt !== sign.attempt) return posted
  const { started = false, text = false, tokens_in = 0, tokens_out = 0, ran = false, released = false } = sign
  const at = Math.max(lease.heardAt, sign.at)
  const begins = lease.startedAt === null && (started || text || ran || tokens_in + tokens_out > 0)
  const grows = tokens_in > lease.tokens_in || tokens_out > lease.tokens_out
  const progresses = begins || grows || text || (ran && !lease.ran)
  return {
    ...posted,
    lease: {
      ...lease,
      until: at + grant.entry.lease_ms,
      heardAt: at,
      startedAt: begins ? at : lease.startedAt,
      progressAt: progresses ? at : lease.progressAt,
      textAt: text ? at : lease.textAt,
      tokens_in: Math.max(lease.tokens_in, tokens_in),
      tokens_out: Math.max(lease.tokens_out, tokens_out),
      ran: lease.ran || ran,
      released: lease.released || released,
    },
  }
}
