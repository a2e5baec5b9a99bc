/** Defines the records of a worker: offers, claims, runs, held grants and tasks that it may stand in for. */
import type { Parameters, Usage } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { limits } from '../../limits.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { Runner } from './posted.ts'
import type { MeshState } from './state.ts'

/** The DHT's content about a task at the last read. */
export interface Survey {
  readonly at: Millis
  /** Whether it is closed, or has a result that its poster can accept. */
  readonly over: boolean
  /** The worker of the poster's last grant. */
  readonly grantee: AgentKey | null
  /** The attempt of that grant; 0 without one. */
  readonly attempt: number
}

/** A task of another poster that this machine may claim while the poster is away (task protocol, 'Messages'). */
export interface Standby {
  readonly task: EventOf<'Task'>
  /** Time since which this machine listens for its poster: when it learned of the task, or the end of a sleep. */
  readonly since: Millis
  /** The last read of the DHT; null until it was read. */
  readonly survey: Survey | null
  /** Peers that say they run it. */
  readonly runners: ReadonlyMap<AgentKey, Runner>
  /** Claims that this machine has written on its chain since it learned of the task. */
  readonly claims: number
}

/** An offered task that this machine has not answered yet. */
export interface Asked {
  readonly task: ActionHash
  readonly poster: AgentKey
  readonly at: Millis
  /** Null until it has arrived from the DHT. */
  readonly event: EventOf<'Task'> | null
}

/** A claim of this machine, which keeps a place free for the grant until `until`. */
export interface Claimed {
  readonly poster: AgentKey
  readonly until: Millis
  readonly task: EventOf<'Task'>
}

/** The outcome of a run, which is kept until the task is closed. */
export interface RunRecord {
  /** The code of its failure; null if it finished. */
  readonly failed: string | null
  /** Salted digest of the text that the run continued; null for a new answer. */
  readonly prefix_digest: string | null
  /** The bytes to pin: ciphertext, or the plain output of a public task; empty if the run failed. */
  readonly pinned: Uint8Array
  /** sha256(salt ++ plain output), lower-case hex. */
  readonly digest: string
  /** Length of the plain output. */
  readonly bytes: number
  readonly salt: Uint8Array
  readonly key: Uint8Array | null
  readonly template_digest: string | null
  readonly usage: Usage
  readonly parameters: Parameters
  readonly seed: number
  readonly engine_build: string
  readonly backend_class: string
  /** sha256 of the policy that allowed the run. */
  readonly policy_hash: string | null
}

/** A grant to this machine, or this machine's own FallbackClaim. */
export interface Held {
  /** The Grant or FallbackClaim that the Result names as its authority. */
  readonly grant: ActionHash
  readonly task: ActionHash
  readonly attempt: number
  readonly poster: AgentKey
  readonly since: Millis
  /** The time when this daemon learned of it: by the poster's message, its own claim, or a restart. */
  readonly knownAt: Millis
  /** Whether this machine had claimed the task, so that the poster's message is enough to begin. */
  readonly claimed: boolean
  /** Whether it is a FallbackClaim. */
  readonly fallback: boolean
  /** Whether it is in the journal. */
  readonly journalled: boolean
  readonly taskEvent: EventOf<'Task'> | null
  readonly grantEvent: EventOf<'Grant'> | null
  /** The payload, checked against the task's digest; null before it arrives and after the run. */
  readonly payload: Uint8Array | null
  /** The text of the answer so far, which the run continues; empty for a new answer. */
  readonly prefix: string
  /** Salted digest of `prefix`, which the Grant must name; null for a new answer. */
  readonly prefix_digest: string | null
  /** Whether its model is loaded and its run has begun. */
  readonly started: boolean
  /** Tokens of the prompt read so far, as reported by the engine. */
  readonly tokens_in: number
  /** Tokens generated so far. */
  readonly tokens_out: number
  readonly run: RunRecord | null
  /** The time when it was run, or when this daemon learned of the run; null before that. */
  readonly ranAt: Millis | null
  readonly result: EventOf<'Result'> | null
  /** The reason why it needs no more work; null while it does. */
  readonly ended: {
    readonly why: 'closed' | 'superseded' | 'stale' | 'not_ours'
    readonly close: ActionHash | null
  } | null
}

/** The empty fields of a new grant, and of a kept grant after a restart; they are fetched again. */
export const nothingKnown = {
  taskEvent: null,
  grantEvent: null,
  payload: null,
  prefix: '',
  prefix_digest: null,
  started: false,
  tokens_in: 0,
  tokens_out: 0,
  run: null,
  ranAt: null,
  result: null,
  ended: null,
} as const

/** Whether a held grant is known to be the task's last attempt. A worker that gives back the last attempt fails the task. */
export function isLastAttempt({ attempt, fallback, taskEvent }: Held): boolean {
  return !fallback && taskEvent !== null && attempt >= taskEvent.entry.max_attempts
}

/**
 * Whether a held grant has more evidence than its poster's message, because any peer can send such a message. The evidence is
 * this machine's claim of the task from that poster, the Grant itself, or this machine's own FallbackClaim.
 */
export function isProven(held: Held): boolean {
  return held.claimed || held.fallback || held.grantEvent !== null
}

/** Whether a held grant still needs this machine's engine. After its run it only waits for its poster. */
export function needsEngine(held: Held): boolean {
  return !held.ended && !held.run && isProven(held)
}

/**
 * Returns until when this machine renews a grant that was run while its Result cannot be written yet. It renews for one lease,
 * or longer if conductors that have lost each other need more time to bring the events that the Result names.
 */
export function renewsUntil({ ranAt, taskEvent }: Held): Millis {
  if (ranAt === null) return Number.POSITIVE_INFINITY
  return ranAt + Math.max(taskEvent?.entry.lease_ms ?? 0, limits.attest_patience_ms)
}

/** Whether a held grant has a result that its poster can use, or may still get one. */
export function isOfUse(held: Held): boolean {
  return !held.ended && isProven(held) && (held.run === null || held.run.failed === null)
}

/** Returns the claims without a held grant: a held grant counts for its place itself. */
export function openClaims({ claimed, held }: Pick<MeshState, 'claimed' | 'held'>): [ActionHash, Claimed][] {
  if (claimed.size === 0) return []
  const taken = new Set([...held.values()].flatMap(({ ended, task }) => (ended ? [] : [task])))
  return [...claimed].filter(([task]) => !taken.has(task))
}
