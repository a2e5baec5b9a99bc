/** Defines the history that every daemon writes. */
import type { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'

/** The fact in one line of a history. Names are stable: the history checker and people's scripts read them. */
export type HistoryFact =
  /** The daemon came up and has rebuilt its state. */
  | { readonly type: 'started' }
  /** The daemon stops in good order. */
  | { readonly type: 'stopped' }
  /** A client was notified that its Task is committed. */
  | { readonly type: 'post_acknowledged'; readonly id: string; readonly task: ActionHash }
  /** A client requested the cancellation of its task. */
  | { readonly type: 'cancel_asked'; readonly task: ActionHash }
  /** An entry is committed to the own chain. */
  | {
      readonly type: 'committed'
      readonly entry: 'Task' | 'Grant' | 'Result' | 'Close' | 'FallbackClaim'
      readonly hash: ActionHash
      readonly task: ActionHash
      readonly attempt: number
    }
  /** A task was offered to a peer. */
  | { readonly type: 'offered'; readonly task: ActionHash; readonly to: AgentKey }
  /** A peer refused an offer. */
  | { readonly type: 'refused'; readonly task: ActionHash; readonly by: AgentKey; readonly code: string }
  /** This machine's policy forbids it to run a task. */
  | { readonly type: 'policy_refused'; readonly task: ActionHash; readonly rule: string }
  /** A Task that this machine was asked to run, or holds a grant of, has arrived. */
  | { readonly type: 'task_fetched'; readonly task: ActionHash }
  /** The engine began a run. */
  | {
      readonly type: 'run_started'
      readonly task: ActionHash
      readonly grant: ActionHash
      readonly attempt: number
    }
  /** The engine ended a run: `ok`, `failed` with a code, or `aborted` because no peer wants it any more. */
  | {
      readonly type: 'run_ended'
      readonly task: ActionHash
      readonly grant: ActionHash
      readonly attempt: number
      readonly status: 'ok' | 'failed' | 'aborted'
      readonly code: string | null
    }
  /** A grant was returned, with the reason. */
  | {
      readonly type: 'released'
      readonly task: ActionHash
      readonly grant: ActionHash
      readonly attempt: number
      readonly reason: RefusalCode
    }
  /** The poster checked an output. */
  | {
      readonly type: 'checked'
      readonly task: ActionHash
      readonly result: ActionHash
      readonly verdict: string
    }
  /** Something went wrong and is being retried. */
  | { readonly type: 'retried'; readonly what: string; readonly code: string; readonly detail: string }
  /**
   * A fault that a test harness caused on these agents' machines; a history is judged by it. `kill` ends the daemon,
   * `conductor` and `engine` end only those, `frozen` stops a process for a while.
   */
  | {
      readonly type: 'fault'
      readonly kind: 'kill' | 'partition' | 'timeout' | 'conductor' | 'engine' | 'frozen' | 'disk_full'
      readonly agents: readonly AgentKey[]
    }

/** The longest text in a line that comes from elsewhere, in characters. */
const DETAIL_CHARACTERS_MAX = 400

/** Returns the fact that something failed and is retried. */
export function retried(what: string, { code, message }: RippleError): HistoryFact {
  return { type: 'retried', what, code, detail: message.slice(0, DETAIL_CHARACTERS_MAX) }
}

/** One line of the append-only history that every daemon writes, as NDJSON. */
export type HistoryEvent = HistoryFact & {
  /** The agent whose history it is. */
  readonly agent: AgentKey
  /** The time by that daemon's clock. */
  readonly at: Millis
}
