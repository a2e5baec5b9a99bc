import type { CloseOutcome } from '../../zomes-bindings/generated/CloseOutcome.ts'
import type { Placement } from '../../zomes-bindings/generated/Placement.ts'
import type { Priority } from '../../zomes-bindings/generated/Priority.ts'
import type { SupersedeReason } from '../../zomes-bindings/generated/SupersedeReason.ts'
import type { Usage } from '../../zomes-bindings/generated/Usage.ts'
import type { ActionHash, AgentKey, Cid, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import { refusalsOf, vantageOf } from './candidates.ts'
import { reasonOf } from './forecast.ts'
import { endOf } from './lease.ts'
import { currentGrant, type Posted, type ResultSeen } from './posted.ts'
import { rank } from './rank.ts'
import { readiness } from './readiness.ts'
import { acceptable, resultsOfStandIns, standing } from './results.ts'
import type { MeshState } from './state.ts'

/** Where a task stands, in the protocol's words. */
export type TaskState = 'posted' | 'offered' | 'granted' | 'running' | 'delivered' | CloseOutcome

/** The same in the wire contract's words. */
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
export const wireStates: Readonly<Record<TaskState, WireState>> = {
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

/** One grant of a task, for people. */
export interface AttemptView {
  readonly attempt: number
  readonly grant: ActionHash
  readonly worker: AgentKey
  /** Why the attempt before was superseded. */
  readonly reason: SupersedeReason
  readonly result: ActionHash | null
  /** What the poster found when it checked the output; null when it did not (yet). */
  readonly verdict: string | null
}

/** What a stand-in did while this machine was away, for people. */
export interface ClaimView {
  readonly claim: ActionHash
  /** Null until its Result has arrived. */
  readonly worker: AgentKey | null
  readonly result: ActionHash | null
  /** What the poster found when it checked the output; null when it did not (yet). */
  readonly verdict: string | null
}

/** An own task, for people and programs. Times are of the poster's clock, in milliseconds since 1970; null: not yet. */
export interface TaskView {
  /** Hash of the Task. */
  readonly task: ActionHash
  /** The client's key. */
  readonly id: string
  readonly state: TaskState
  readonly wire_state: WireState
  readonly poster: AgentKey
  readonly model: { readonly name: string; readonly sha256: string } | null
  readonly priority: Priority
  readonly placement: Placement
  /** Tasks that must be accepted before it starts. */
  readonly depends_on: readonly ActionHash[]
  /** The current or accepted worker. */
  readonly worker: AgentKey | null
  readonly attempts: readonly AttemptView[]
  /** Runs under FallbackClaims. */
  readonly claims: readonly ClaimView[]
  readonly max_attempts: number
  readonly output: { readonly cid: Cid; readonly bytes: number; readonly encrypted: boolean } | null
  readonly result: ActionHash | null
  readonly close: ActionHash | null
  readonly usage: Usage | null
  readonly times: {
    readonly posted_at: Millis
    readonly granted_at: Millis | null
    readonly started_at: Millis | null
    readonly result_at: Millis | null
    readonly closed_at: Millis | null
  }
  /** Own events that lost against a sibling; empty unless this poster's chain was written to twice. */
  readonly forks: readonly ActionHash[]
}

/** What a peer is to a task. */
export interface PeerWhy {
  readonly agent: AgentKey
  readonly name: string
  /** Its place in the ranking, from 0; null when it cannot run the task. */
  readonly rank: number | null
  /** What keeps it from running the task, by its card and history. */
  readonly refusals: readonly RefusalCode[]
  /** What it is to the task or lacks for it, for people. */
  readonly reason: string
  /** What it answered in this round of offers. */
  readonly answered: { readonly code: RefusalCode; readonly at: Millis } | null
}

/** Why a task stands where it stands. */
export interface TaskWhy {
  readonly task: ActionHash
  readonly state: TaskState
  /** Tasks that it waits for, or that were closed without an accepted result. */
  readonly waits_for: readonly ActionHash[]
  readonly peers: readonly PeerWhy[]
}

/** Where a task stands. */
export function stateOf(posted: Posted): TaskState {
  if (posted.close) return posted.close.entry.outcome
  if (shownResult(posted)) return 'delivered'
  if (currentGrant(posted) && !endOf(posted)) return posted.lease?.started ? 'running' : 'granted'
  return posted.offers.size > 0 ? 'offered' : 'posted'
}

/** A task as `task show` gives it. */
export function viewTask(posted: Posted): TaskView {
  const { task, close } = posted
  const { work } = task.entry
  const seen = shownResult(posted)
  const state = stateOf(posted)
  const result = seen?.event?.entry ?? null
  return {
    task: task.hash,
    id: task.entry.id,
    state,
    wire_state: wireStates[state],
    poster: task.author,
    model: work.type === 'model' ? { name: work.name, sha256: work.digest } : null,
    priority: task.entry.priority,
    placement: task.entry.placement,
    depends_on: task.entry.depends_on,
    worker: seen?.event?.author ?? currentGrant(posted)?.entry.worker ?? null,
    attempts: attemptsOf(posted),
    claims: claimsOf(posted),
    max_attempts: task.entry.max_attempts,
    output: result?.output
      ? { cid: result.output.cid, bytes: result.output.bytes, encrypted: result.output.encrypted }
      : null,
    result: seen?.event?.hash ?? null,
    close: close?.hash ?? null,
    usage: result?.usage ?? null,
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

/** The accepted result; before there is one, what may become it; of a task that ended without one, the last there was. */
function shownResult(posted: Posted): ResultSeen | null {
  const seen = [...posted.results.values()]
  const accepted = posted.close?.entry.result
  if (accepted) return seen.find(({ event }) => event?.hash === accepted) ?? null
  if (posted.close) return standing(posted)[0] ?? null
  return acceptable(posted) ?? standing(posted).find(isHopeful) ?? null
}

function isHopeful({ event, verdict }: ResultSeen): boolean {
  return event?.entry.status.type !== 'failed' && verdict?.ok !== false
}

function claimsOf(posted: Posted): ClaimView[] {
  return resultsOfStandIns(posted).map(({ authority, event, verdict }) => ({
    claim: authority,
    worker: event?.author ?? null,
    result: event?.hash ?? null,
    verdict: verdict?.why ?? null,
  }))
}

function attemptsOf(posted: Posted): AttemptView[] {
  return posted.grants.map(({ hash, entry }) => {
    const seen = posted.results.get(hash)
    return {
      attempt: entry.attempt,
      grant: hash,
      worker: entry.worker,
      reason: entry.reason,
      result: seen?.event?.hash ?? null,
      verdict: seen?.verdict?.why ?? null,
    }
  })
}

/** Each known peer's place in the ranking, or what keeps it out. */
export function whyTask(state: MeshState, posted: Posted, now: Millis): TaskWhy {
  const peers = [...state.peers.values()]
  const refusals = new Map(peers.map((peer) => [peer.agent, refusalsOf(state, posted, peer, now)]))
  const able = peers.filter((peer) => refusals.get(peer.agent)?.length === 0)
  const vantage = vantageOf(state, posted)
  const order = rank(posted.task, able, vantage).map((peer) => peer.agent)
  const list = peers.map((peer): PeerWhy => {
    const place = order.indexOf(peer.agent)
    const said = posted.refusals.get(peer.agent)
    return {
      agent: peer.agent,
      name: peer.card.agent_name,
      rank: place < 0 ? null : place,
      refusals: refusals.get(peer.agent) ?? [],
      reason: reasonOf(posted.task.entry, peer, vantage),
      answered: said ? { code: said.code, at: said.at } : null,
    }
  })
  const ready = readiness(state, posted)
  const waits_for = ready.type === 'ready' ? [] : ready.on
  return { task: posted.task.hash, state: stateOf(posted), waits_for, peers: list }
}
