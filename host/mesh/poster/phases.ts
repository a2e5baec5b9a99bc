/** Defines the phases of an attempt, the deadlines of each phase, and the loss that follows when one passes. */
import type { SupersedeReason } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { limits } from '../../limits.ts'
import type { EventOf, Millis } from '../../types/events.ts'
import { elsewhereFrom } from '../placement/candidates.ts'
import { currentGrant, isSpent, type Lease, type Posted, type ResultSeen } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'

/**
 * A phase of an attempt, in order, as its poster knows it. Each begins with a step of the worker:
 * - `granted`: the Grant. The worker waits for its engine, or loads the model.
 * - `reading`: `started`. The worker reads the prompt.
 * - `generating`: the first token.
 * - `attesting`: the end of the run. The worker writes its Result.
 * - `delivered`: the Result was named. The poster fetches it and checks the output.
 * - `checked`: the output is right. The poster waits until the DHT has the Result.
 */
export type Phase = 'granted' | 'reading' | 'generating' | 'attesting' | 'delivered' | 'checked'

/** The facts about an attempt that its deadlines depend on. */
interface Attempt {
  readonly task: EventOf<'Task'>['entry']
  readonly lease: Lease
  readonly silenceMs: number
  readonly startedAt: Millis
  readonly progressAt: Millis
  /** Time at which a worker on a slow machine has read the whole payload. */
  readonly readAt: Millis
  /** Whether the answer continues the text of another worker. */
  readonly continues: boolean
  /** Time at which its Result was named. */
  readonly namedAt: Millis
}

/** The attempts that a deadline binds: each one, each but the last, or each but the last once another peer could take it. */
type Binds = 'each' | 'not_last' | 'if_another_could'

/** A deadline of a phase. */
interface Deadline {
  /** The name of its length, in `host/limits` or in the Task. */
  readonly limit: string
  /** The news that renews it, for people; null if none does. */
  readonly renewed_by: string | null
  readonly lost_as: 'expired' | 'silent'
  readonly binds: Binds
  readonly endsAt: (attempt: Attempt) => Millis
}

function deadline(
  limit: string,
  renewed_by: string | null,
  lost_as: Deadline['lost_as'],
  binds: Binds,
  endsAt: Deadline['endsAt'],
): Deadline {
  return { limit, renewed_by, lost_as, binds, endsAt }
}

const never = Number.POSITIVE_INFINITY

const lease = deadline('lease_ms', 'any message', 'expired', 'each', ({ lease }) => lease.until)
const leaseOfRun: Deadline = { ...lease, lost_as: 'silent' }

/** The time to load the model, if somebody waits for the answer. A successor has to load it again. */
const start = deadline('first_start_ms', null, 'expired', 'if_another_could', ({ task, lease }) =>
  task.priority === 'interactive' && task.work.type === 'model' ? lease.since + limits.first_start_ms : never,
)

const run = deadline('deadlines_ms.run', null, 'expired', 'each', (attempt) => {
  return attempt.startedAt + attempt.task.deadlines_ms.run
})

/** The silence after which a worker that runs a task counts as lost. The last attempt keeps its lease: it has no successor. */
const silence = deadline('silence_ms', 'any message', 'silent', 'not_last', (attempt) => {
  return attempt.lease.heardAt + attempt.silenceMs
})

/** The time to read more of the prompt. A worker that reads it at once reports nothing before its first token. */
const read = deadline('first_token_ms', 'more tokens read', 'silent', 'not_last', (attempt) => {
  return attempt.lease.tokens_in > 0 ? attempt.progressAt + limits.first_token_ms : attempt.readAt
})

/** The time to read the whole prompt, and the text of the worker before, which a continued answer begins with. */
const readAll = deadline('first_token_ms_per_byte', null, 'silent', 'if_another_could', (attempt) => {
  return attempt.readAt + (attempt.continues ? limits.first_token_prefix_ms : 0)
})

const token = deadline('next_token_ms', 'more tokens generated', 'silent', 'not_last', (attempt) => {
  return attempt.progressAt + limits.next_token_ms
})

/** The time to the next piece. Without a stream a piece may be lost, but a count of tokens alone is not an answer. */
const piece = deadline(
  'counted_only_ms',
  'a piece of the answer',
  'silent',
  'if_another_could',
  (attempt) => {
    return Math.max(attempt.readAt, (attempt.lease.textAt ?? attempt.startedAt) + limits.counted_only_ms)
  },
)

/** The time to write and name the Result, and the lease that the worker may have renewed last. */
const attest = deadline('attest_patience_ms', null, 'expired', 'each', ({ task, progressAt }) => {
  return progressAt + Math.max(task.lease_ms, limits.attest_patience_ms) + task.lease_ms
})

/** Number of full fetch timeouts that an output gets. */
const fetchesMin = 2

/** The time to fetch the Result and its output, and to get the salt and key that open it. */
const check = deadline('artifact_fetch_ms', null, 'expired', 'each', ({ task, namedAt }) => {
  return namedAt + Math.max(task.lease_ms, fetchesMin * limits.artifact_fetch_ms)
})

/** The deadlines of each phase. The first one that passes ends the attempt. */
export const phases: Readonly<Record<Phase, readonly Deadline[]>> = {
  granted: [lease, start],
  reading: [leaseOfRun, run, silence, read, readAll],
  generating: [leaseOfRun, run, silence, token, piece],
  attesting: [leaseOfRun, run, silence, attest],
  delivered: [leaseOfRun, check],
  checked: [leaseOfRun],
}

function phaseOf({ startedAt, ran, textAt, tokens_out }: Lease, seen: ResultSeen | null): Phase {
  if (seen) return seen.verdict ? 'checked' : 'delivered'
  if (startedAt === null) return 'granted'
  if (ran) return 'attesting'
  return textAt !== null || tokens_out > 0 ? 'generating' : 'reading'
}

/** A deadline of the current attempt, with the time at which it passes if nothing renews it. */
export interface Due extends Pick<Deadline, 'limit' | 'renewed_by' | 'lost_as'> {
  readonly phase: Phase
  readonly at: Millis
}

/**
 * Returns the deadlines of the current attempt; empty without a grant. All run by the poster's clock. A worker past a
 * deadline that binds only if another peer could take the task has it until then.
 */
function duesOf(state: MeshState, posted: Posted, now: Millis): Due[] {
  const grant = currentGrant(posted)
  const { lease, task } = posted
  if (!grant || !lease) return []
  const seen = posted.results.get(lease.grant) ?? null
  const startedAt = lease.startedAt ?? lease.since
  const attempt: Attempt = {
    task: task.entry,
    lease,
    silenceMs: state.config.silence_ms,
    startedAt,
    progressAt: lease.progressAt ?? startedAt,
    readAt: startedAt + limits.first_token_ms + task.entry.payload_bytes * limits.first_token_ms_per_byte,
    continues: grant.entry.prefix_digest !== null,
    namedAt: seen?.seenAt ?? lease.since,
  }
  const phase = phaseOf(lease, seen)
  const binding = phases[phase].filter(({ binds }) => binds === 'each' || !isSpent(posted))
  return binding.map(({ limit, renewed_by, lost_as, binds, endsAt }) => {
    const end = endsAt(attempt)
    const isKept = binds === 'if_another_could' && end <= now
    const at = isKept ? Math.max(end, elsewhereFrom(state, posted, now)) : end
    return { phase, limit, renewed_by, lost_as, at }
  })
}

/** Returns the deadline of the current attempt that passes first; null without a grant. */
export function nextDue(state: MeshState, posted: Posted, now: Millis): Due | null {
  const earlier = (one: Due | null, other: Due) => (one && one.at <= other.at ? one : other)
  return duesOf(state, posted, now).reduce<Due | null>(earlier, null)
}

/** The loss of an attempt. */
export interface Loss {
  /**
   * - `expired`: a deadline passed while the worker gave signs of life, or before it began.
   * - `silent`: the worker had begun and then sent nothing more.
   * - `failed`, `rejected`, `released`: by its Result, by the check of its output, by its own message.
   */
  readonly why: Exclude<SupersedeReason, 'none'>
  /** The time of the worker's last message; for `expired` the end of the deadline. */
  readonly since: Millis
  /** The time at which a deadline passed; null if the loss does not depend on the clock. */
  readonly passedAt: Millis | null
}

/** Returns how the current attempt was lost; null while it stands, and without a grant. */
export function lossOf(state: MeshState, posted: Posted, now: Millis): Loss | null {
  const { lease } = posted
  if (!lease) return null
  const end = endOf(posted, lease)
  if (end) return { why: end, since: lease.heardAt, passedAt: null }
  const passed = duesOf(state, posted, now).filter(({ at }) => at <= now)
  if (passed.length === 0) return null
  const passedAt = Math.min(...passed.map(({ at }) => at))
  const isSilent = passed.some(({ lost_as }) => lost_as === 'silent')
  return isSilent
    ? { why: 'silent', since: lease.heardAt, passedAt }
    : { why: 'expired', since: passedAt, passedAt }
}

/** Returns how an attempt ended by its Result, its check or its worker's message; null if it has not ended so. */
function endOf({ results }: Posted, { grant, released }: Lease): 'failed' | 'rejected' | 'released' | null {
  const seen = results.get(grant)
  if (seen?.event?.entry.status.type === 'failed') return 'failed'
  if (seen?.verdict && !seen.verdict.ok) return 'rejected'
  return released ? 'released' : null
}
