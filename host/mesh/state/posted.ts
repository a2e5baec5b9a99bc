/** Defines what a poster knows about its own tasks. */
import type { Check, CloseOutcome } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'

/** The poster's view of the lease of the current grant, by the poster's own clock. */
export interface Lease {
  readonly grant: ActionHash
  readonly since: Millis
  readonly until: Millis
  /** Time of the worker's last message about it. */
  readonly heardAt: Millis
  /** Time at which the worker began: the engine has the model. Null before that. */
  readonly startedAt: Millis | null
  /** Time of the last progress since then: the begin, more tokens read or generated, a piece, or the end of the run. */
  readonly progressAt: Millis | null
  /** Time of the last piece of the answer; null before the first one. */
  readonly textAt: Millis | null
  /** Tokens of the prompt that the worker reports as read, and tokens that it reports as generated. */
  readonly tokens_in: number
  readonly tokens_out: number
  /** Whether the worker has said that generation has ended. */
  readonly ran: boolean
  /** Whether the worker has returned the grant. */
  readonly released: boolean
}

/** Knowledge about the result of one attempt. */
export interface ResultSeen {
  /** The Grant or FallbackClaim that it was made under. */
  readonly authority: ActionHash
  readonly attempt: number
  /** The hash that its worker named, or that was found by its link. */
  readonly named: ActionHash
  /** The peer that named it; once the Result is here, its author. */
  readonly from: AgentKey
  /** The Result; null until it has come, by the DHT or from its worker. */
  readonly event: EventOf<'Result'> | null
  /** Whether the DHT has it here, so that a Close may name it. */
  readonly arrived: boolean
  readonly seenAt: Millis
  /** The salt of the output's digest; null until the worker has sent it. */
  readonly salt: Uint8Array | null
  /** The key of the output; null until the worker has sent it, and always for a public task. */
  readonly key: Uint8Array | null
  /** The outcome of the check; null until the output was checked. */
  readonly verdict: { readonly ok: boolean; readonly why: string; readonly checks: readonly Check[] } | null
}

/** A peer that says it runs a task. */
export interface Runner {
  /** Time of its first message about the run. */
  readonly since: Millis
  /** Time until which it is believed. */
  readonly until: Millis
}

/** The end of a closed task. */
export interface PastEnd {
  readonly outcome: CloseOutcome
  readonly at: Millis
}

/** The refusal of an offer by a peer. */
export interface Refusal {
  readonly code: RefusalCode
  readonly at: Millis
  /** Whether it said when it may be asked again. */
  readonly again: boolean
  /** The sha256 of the policy that refused; null without one. */
  readonly policy_hash: string | null
}

/** An own task, with all knowledge about it. */
export interface Posted {
  readonly task: EventOf<'Task'>
  /** The grants that count, by attempt; the last one is current. */
  readonly grants: readonly EventOf<'Grant'>[]
  /** The Close that counts. */
  readonly close: EventOf<'Close'> | null
  /** Own events that lost to a sibling of a lower position. */
  readonly forks: readonly (EventOf<'Grant'> | EventOf<'Close'>)[]
  readonly lease: Lease | null
  /** Times at which each peer was last asked in this round. */
  readonly offers: ReadonlyMap<AgentKey, Millis>
  readonly claims: ReadonlyMap<AgentKey, Millis>
  /** Refusals by peers in this round. */
  readonly refusals: ReadonlyMap<AgentKey, Refusal>
  /** The last refusal of each peer that has not claimed since, in any round. */
  readonly lastRefusals: ReadonlyMap<AgentKey, Refusal>
  /** Number of offers in a row that each peer left unanswered in the rounds before this one. */
  readonly unanswered: ReadonlyMap<AgentKey, number>
  /** Time at which the current round of offers began. */
  readonly roundAt: Millis
  /** Results by their authority: a Grant, or a FallbackClaim. */
  readonly results: ReadonlyMap<ActionHash, ResultSeen>
  /** Peers that continued the task while this machine was away. */
  readonly standIns: ReadonlyMap<AgentKey, Runner>
  /** Ends of the tasks that it names, as far as they are closed. */
  readonly recalled: ReadonlyMap<ActionHash, PastEnd>
  readonly cancelWanted: boolean
  /** The task that had its key before; null for the first task of a key. */
  readonly twinOf: ActionHash | null
  /** Time since which this daemon hears messages about it: the post, the restart, or the end of a sleep. */
  readonly knownAt: Millis
}

/** Whether this machine was away since the grant that counts, so that it may have missed messages of the worker. */
export function missedWords(posted: Posted): boolean {
  const grant = currentGrant(posted)
  return grant !== null && grant.at < posted.knownAt
}

/** Returns the grant that counts now; null without one. */
export function currentGrant(posted: Posted): EventOf<'Grant'> | null {
  return posted.grants.at(-1) ?? null
}

/** Returns when the worker's last attempt that another one followed was superseded; `-Infinity` without one. */
export function supersededAt({ grants }: Posted, worker: AgentKey): Millis {
  const followed = grants.slice(1).filter((_, place) => grants[place]?.entry.worker === worker)
  return followed.at(-1)?.at ?? Number.NEGATIVE_INFINITY
}

/** Whether all attempts of the task were granted. */
export function isSpent({ grants, task }: Posted): boolean {
  return grants.length >= task.entry.max_attempts
}

/** Returns the hash of the last own event that counts, which the next event names as `prev`. */
export function lastEvent(posted: Posted): ActionHash {
  return currentGrant(posted)?.hash ?? posted.task.hash
}
