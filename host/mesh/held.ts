import type { Parameters } from '../../zomes-bindings/generated/Parameters.ts'
import type { Usage } from '../../zomes-bindings/generated/Usage.ts'
import { limits } from '../limits.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../types/events.ts'
import type { MeshState } from './state.ts'

/** A task that somebody asked this machine to run, before it has answered. */
export interface Asked {
  readonly task: ActionHash
  readonly poster: AgentKey
  readonly at: Millis
  /** Null until it has arrived from the DHT. */
  readonly event: EventOf<'Task'> | null
}

/** A claim of this machine: of whom, of which task, and until when it keeps a place free for the grant. */
export interface Claimed {
  readonly poster: AgentKey
  readonly until: Millis
  readonly task: EventOf<'Task'>
}

/** What a run gave, as it is kept until the task is closed. */
export interface RunRecord {
  /** Null when it finished, else the code of its failure. */
  readonly failed: string | null
  /** Salted digest of the text that it went on with; null of a new answer. */
  readonly prefix_digest: string | null
  /** What is pinned: ciphertext, or the plain bytes of a public task; empty when it failed. */
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
  /** sha256 of the policy that let it run. */
  readonly policy_hash: string | null
}

/** A grant to this machine, or a FallbackClaim of it. */
export interface Held {
  /** The Grant, or the FallbackClaim: what the Result names as its authority. */
  readonly grant: ActionHash
  readonly task: ActionHash
  readonly attempt: number
  readonly poster: AgentKey
  readonly since: Millis
  /** When this daemon learned of it: the poster's word, the own claim, or the restart. */
  readonly knownAt: Millis
  /** Whether this machine had claimed the task, so that the poster's word is enough to begin. */
  readonly claimed: boolean
  /** Whether it is a FallbackClaim. */
  readonly fallback: boolean
  /** Whether it stands in the journal. */
  readonly journalled: boolean
  readonly taskEvent: EventOf<'Task'> | null
  readonly grantEvent: EventOf<'Grant'> | null
  /** Checked against the task's digest; null until it arrived, and again once it was run. */
  readonly payload: Uint8Array | null
  /** The text of the answer so far, which the run goes on with; empty for a new answer. */
  readonly prefix: string
  /** Its salted digest, which the Grant must name; null of a new answer. */
  readonly prefix_digest: string | null
  /** Whether its run has its model and has begun. */
  readonly started: boolean
  /** Tokens of the prompt read so far, as far as the engine tells. */
  readonly tokens_in: number
  /** Tokens generated so far. */
  readonly tokens_out: number
  readonly run: RunRecord | null
  /** When it was run, or when this daemon learned that it had been; null until then. */
  readonly ranAt: Millis | null
  readonly result: EventOf<'Result'> | null
  /** Why nothing more is to be done for it: null while there is. */
  readonly ended: {
    readonly why: 'closed' | 'superseded' | 'stale' | 'not_ours'
    readonly close: ActionHash | null
  } | null
}

/** What is known of a grant in the beginning, and of a kept one after a restart: the rest is fetched anew. */
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

/** Whether a held grant is the task's last attempt, as far as the Task is known: who gives that back makes the task fail. */
export function isLastAttempt({ attempt, fallback, taskEvent }: Held): boolean {
  return !fallback && taskEvent !== null && attempt >= taskEvent.entry.max_attempts
}

/**
 * Whether a held grant is more than its poster's word: this machine claimed the task from that poster, or the Grant has
 * arrived, or it is this machine's own FallbackClaim. Anybody can say that anything is granted.
 */
export function isProven(held: Held): boolean {
  return held.claimed || held.fallback || held.grantEvent !== null
}

/** Whether a held grant still needs this machine's engine: what was run only waits for its poster. */
export function needsEngine(held: Held): boolean {
  return !held.ended && !held.run && isProven(held)
}

/**
 * Until when this machine says that it has a grant, once that was run and its Result cannot be written yet: for a lease, and
 * for as long as conductors that have lost each other may need to bring what the Result names.
 */
export function renewsUntil({ ranAt, taskEvent }: Held): Millis {
  if (ranAt === null) return Number.POSITIVE_INFINITY
  return ranAt + Math.max(taskEvent?.entry.lease_ms ?? 0, limits.attest_patience_ms)
}

/** Whether a held grant has given a result that its poster can use, or still may. */
export function isOfUse(held: Held): boolean {
  return !held.ended && isProven(held) && (held.run === null || held.run.failed === null)
}

/** The claims of which no grant has been heard yet: a task that is held has its place as such. */
export function openClaims({ claimed, held }: Pick<MeshState, 'claimed' | 'held'>): [ActionHash, Claimed][] {
  if (claimed.size === 0) return []
  const taken = new Set([...held.values()].flatMap(({ ended, task }) => (ended ? [] : [task])))
  return [...claimed].filter(([task]) => !taken.has(task))
}
