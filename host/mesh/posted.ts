import type { Check } from '../../zomes-bindings/generated/Check.ts'
import type { CloseOutcome } from '../../zomes-bindings/generated/CloseOutcome.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'

/** The poster's view of the current grant's lease, by the poster's own clock. */
export interface Lease {
  readonly grant: ActionHash
  readonly since: Millis
  readonly until: Millis
  /** When the worker last said something about it. */
  readonly heardAt: Millis
  /** Whether the worker has said that it runs. */
  readonly started: boolean
  readonly startedAt: Millis | null
  /** The worker gave it back. */
  readonly released: boolean
  /** Tokens of the prompt that the worker has read, as it says, and when it said that it had read more; null before that. */
  readonly tokens_in: number
  readonly readAt: Millis | null
  /** When a piece of the answer came last, and when its worker said last that more was generated; null before the first one. */
  readonly textAt: Millis | null
  readonly countedAt: Millis | null
  /** Whether the worker has said that nothing more is generated. */
  readonly ran: boolean
  /** Tokens that the worker has reported. */
  readonly tokens_out: number
}

/** What is known of the result of one attempt. */
export interface ResultSeen {
  /** The Grant or FallbackClaim that it was made under. */
  readonly authority: ActionHash
  readonly attempt: number
  /** The hash that was named, or found by its link. */
  readonly named: ActionHash
  /** Who said so; once the Result is here, its author. */
  readonly from: AgentKey
  /** Null until it has come, by the DHT or from its worker. */
  readonly event: EventOf<'Result'> | null
  /** Whether the DHT has it here, so that a Close may name it. */
  readonly arrived: boolean
  readonly seenAt: Millis
  /** Null until the worker has sent it. */
  readonly salt: Uint8Array | null
  /** Null until the worker has sent it, and always for a public task. */
  readonly key: Uint8Array | null
  /** Null until the output was checked. */
  readonly verdict: { readonly ok: boolean; readonly why: string; readonly checks: readonly Check[] } | null
}

/** A peer that says it runs a task. */
export interface Runner {
  /** When it first said so. */
  readonly since: Millis
  /** Until when it is believed. */
  readonly until: Millis
}

/** How a task ended whose epoch was left. */
export interface PastEnd {
  readonly outcome: CloseOutcome
  readonly at: Millis
}

/** Answer of a peer to an offer. */
export interface Refusal {
  readonly code: RefusalCode
  readonly at: Millis
  /** Whether it said when it may be asked again. */
  readonly again: boolean
  /** sha256 of the policy that refused, where one did. */
  readonly policy_hash: string | null
}

/** An own task, with everything that is known of it. */
export interface Posted {
  readonly task: EventOf<'Task'>
  /** The grants that count, by attempt; the last one is current. */
  readonly grants: readonly EventOf<'Grant'>[]
  /** The Close that counts. */
  readonly close: EventOf<'Close'> | null
  /** Own events that lost against a sibling of a lower position. */
  readonly forks: readonly (EventOf<'Grant'> | EventOf<'Close'>)[]
  readonly lease: Lease | null
  /** When each peer was last asked in this round. */
  readonly offers: ReadonlyMap<AgentKey, Millis>
  readonly claims: ReadonlyMap<AgentKey, Millis>
  /** What peers answered in this round, in place of a claim. */
  readonly refusals: ReadonlyMap<AgentKey, Refusal>
  /** The last refusal of each peer that has not claimed since, whatever the round. */
  readonly lastRefusals: ReadonlyMap<AgentKey, Refusal>
  /** Number of offers in a row that each peer left unanswered in the rounds before this one. */
  readonly unanswered: ReadonlyMap<AgentKey, number>
  /** When the current round of offers began. */
  readonly roundAt: Millis
  /** Results by their authority: a Grant, or a FallbackClaim. */
  readonly results: ReadonlyMap<ActionHash, ResultSeen>
  /** Peers that went on while this machine was away. */
  readonly standIns: ReadonlyMap<AgentKey, Runner>
  /** How tasks that it names ended, of those whose epoch was left. */
  readonly recalled: ReadonlyMap<ActionHash, PastEnd>
  readonly cancelWanted: boolean
  /** From when on this daemon has heard what was said of it: the post, the restart, or the end of a sleep. */
  readonly knownAt: Millis
}

/** Whether this machine was away since the grant that counts, so that its worker may have said what nobody heard. */
export function missedWords(posted: Posted): boolean {
  const grant = currentGrant(posted)
  return grant !== null && grant.at < posted.knownAt
}

/** The grant that counts now. */
export function currentGrant(posted: Posted): EventOf<'Grant'> | null {
  return posted.grants.at(-1) ?? null
}

/** When a worker's last attempt that another one followed was superseded; `-Infinity` without one. */
export function supersededAt({ grants }: Posted, worker: AgentKey): Millis {
  const followed = grants.slice(1).filter((_, place) => grants[place]?.entry.worker === worker)
  return followed.at(-1)?.at ?? Number.NEGATIVE_INFINITY
}

/** Whether the task was granted as often as it may be. */
export function isSpent({ grants, task }: Posted): boolean {
  return grants.length >= task.entry.max_attempts
}

/** The last own event that counts: what the next one names as `prev`. */
export function lastEvent(posted: Posted): ActionHash {
  return currentGrant(posted)?.hash ?? posted.task.hash
}
