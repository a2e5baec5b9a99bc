/** Builds the view of an own task for people and programs. */
import type {
  CloseOutcome,
  Placement,
  Priority,
  Usage,
} from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { ActionHash, AgentKey, Cid, EventOf, Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import { lossOf } from '../poster/phases.ts'
import { acceptable, resultsOfStandIns, standing } from '../poster/results.ts'
import { currentGrant, type Posted, type ResultSeen } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import { type AttemptView, attemptsOf } from './attempts.ts'
import { endingOf, type TaskEnd } from './ending.ts'

/** The state of a task, in the protocol's words. */
export type TaskState = 'posted' | 'offered' | 'granted' | 'running' | 'delivered' | CloseOutcome

/** The same state in the wire contract's words. */
export type WireState =
  | 'queued'
  | 'claimed'
  | 'running'
  | 'review'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'expired'

/** The wire contract's word for each state. */
const wireStates: Readonly<Record<TaskState, WireState>> = {
  posted: 'queued',
  offered: 'queued',
  granted: 'claimed',
  running: 'running',
  delivered: 'review',
  accepted: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
}

/** The work of a stand-in while this machine was away, for people. */
export interface ClaimView {
  readonly claim: ActionHash
  /** The stand-in; null until its Result has arrived. */
  readonly worker: AgentKey | null
  readonly result: ActionHash | null
  /** The poster's verdict on the output; null until it was checked. */
  readonly verdict: string | null
}

/**
 * An own task, for people and programs. Times are of the poster's clock, in milliseconds since 1970; null before the
 * event.
 */
export interface TaskView {
  /** The hash of the Task. */
  readonly task: ActionHash
  /** The client's key. */
  readonly id: string
  readonly state: TaskState
  readonly wire_state: WireState
  /** The reason why it ended without an accepted result. */
  readonly ended: TaskEnd | null
  readonly poster: AgentKey
  readonly model: { readonly name: string; readonly sha256: string } | null
  readonly priority: Priority
  readonly placement: Placement
  /** Milliseconds that its poster must be away before stand-ins continue it; null if none may. */
  readonly fallback_after_ms: Millis | null
  /** Tasks that must be accepted before it starts. */
  readonly depends_on: readonly ActionHash[]
  /** The current or accepted worker; for a task that was closed without one, the last worker. */
  readonly worker: AgentKey | null
  readonly attempts: readonly AttemptView[]
  /** Runs under FallbackClaims. */
  readonly claims: readonly ClaimView[]
  readonly max_attempts: number
  readonly output: { readonly cid: Cid; readonly bytes: number; readonly encrypted: boolean } | null
  readonly result: ActionHash | null
  readonly close: ActionHash | null
  readonly usage: Usage | null
  /** The last refusal of each peer since the daemon's start, unless the peer has claimed the task since. */
  readonly refusals: readonly { readonly peer: AgentKey; readonly code: RefusalCode }[]
  readonly times: {
    readonly posted_at: Millis
    readonly granted_at: Millis | null
    readonly started_at: Millis | null
    readonly result_at: Millis | null
    readonly closed_at: Millis | null
  }
  /** Own events that lost to a sibling; empty unless this poster's chain was written to twice. */
  readonly forks: readonly ActionHash[]
}

/** Returns the state of a task. A lost grant no longer counts, whether a message or only the clock shows the loss. */
export function stateOf(mesh: MeshState, posted: Posted, now: Millis): TaskState {
  if (posted.close) return posted.close.entry.outcome
  if (shownResult(mesh, posted, now)) return 'delivered'
  if (standingGrant(mesh, posted, now)) return posted.lease?.startedAt != null ? 'running' : 'granted'
  return posted.offers.size > 0 ? 'offered' : 'posted'
}

/** Returns a task as `task show` prints it. */
export function viewTask(mesh: MeshState, posted: Posted, now: Millis): TaskView {
  const { task, close } = posted
  const { work } = task.entry
  const seen = shownResult(mesh, posted, now)
  const grant = close ? currentGrant(posted) : standingGrant(mesh, posted, now)
  const state = stateOf(mesh, posted, now)
  const result = seen?.event?.entry ?? null
  return {
    task: task.hash,
    id: task.entry.id,
    state,
    wire_state: wireStates[state],
    ended: endingOf(mesh, posted),
    poster: task.author,
    model: work.type === 'model' ? { name: work.name, sha256: work.digest } : null,
    priority: task.entry.priority,
    placement: task.entry.placement,
    fallback_after_ms: task.entry.fallback?.after_ms ?? null,
    depends_on: task.entry.depends_on,
    worker: seen?.event?.author ?? grant?.entry.worker ?? null,
    attempts: attemptsOf(mesh, posted, now),
    claims: claimsOf(posted),
    max_attempts: task.entry.max_attempts,
    output: result?.output
      ? { cid: result.output.cid, bytes: result.output.bytes, encrypted: result.output.encrypted }
      : null,
    result: seen?.event?.hash ?? null,
    close: close?.hash ?? null,
    usage: result?.usage ?? null,
    refusals: [...posted.lastRefusals].map(([peer, { code }]) => ({ peer, code })),
    times: {
      posted_at: task.at,
      granted_at: posted.grants[0]?.at ?? null,
      started_at: posted.lease?.startedAt ?? null,
      result_at: seen?.seenAt ?? null,
      closed_at: close?.at ?? null,
    },
    forks: posted.forks.map((event) => event.hash),
  }
}

/**
 * Returns the accepted result. Before there is one, it returns the result that may become it. For a task that ended
 * without one, it returns the last result.
 */
function shownResult(mesh: MeshState, posted: Posted, now: Millis): ResultSeen | null {
  const seen = [...posted.results.values()]
  const accepted = posted.close?.entry.result
  if (accepted) return seen.find(({ event }) => event?.hash === accepted) ?? null
  if (posted.close) return standing(posted)[0] ?? null
  const lost = standingGrant(mesh, posted, now) ? null : currentGrant(posted)?.hash
  const hopeful = standing(posted).filter(({ authority }) => authority !== lost)
  return acceptable(posted) ?? hopeful.find(isHopeful) ?? null
}

function isHopeful({ event, verdict }: ResultSeen): boolean {
  return event?.entry.status.type !== 'failed' && verdict?.ok !== false
}

/** Returns the current grant, unless it is lost. */
function standingGrant(mesh: MeshState, posted: Posted, now: Millis): EventOf<'Grant'> | null {
  return lossOf(mesh, posted, now) === null ? currentGrant(posted) : null
}

function claimsOf(posted: Posted): ClaimView[] {
  return resultsOfStandIns(posted).map(({ authority, event, verdict }) => ({
    claim: authority,
    worker: event?.author ?? null,
    result: event?.hash ?? null,
    verdict: verdict?.why ?? null,
  }))
}
