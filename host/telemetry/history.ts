import type { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'

/** What one line of a history says. Names are stable: the history checker and people's scripts read them. */
export type HistoryFact =
  /** The daemon came up and has rebuilt its state. */
  | { readonly type: 'started' }
  /** The daemon goes down in good order. */
  | { readonly type: 'stopped' }
  /** A client was told that its Task stands on the chain. */
  | { readonly type: 'post_acknowledged'; readonly id: string; readonly task: ActionHash }
  /** A client asked for its task to be withdrawn. */
  | { readonly type: 'cancel_asked'; readonly task: ActionHash }
  /** An entry stands on the own chain. */
  | {
      readonly type: 'committed'
      readonly entry: 'Task' | 'Grant' | 'Result' | 'Close' | 'FallbackClaim'
      readonly hash: ActionHash
      readonly task: ActionHash
      readonly attempt: number
    }
  /** A peer was asked. */
  | { readonly type: 'offered'; readonly task: ActionHash; readonly to: AgentKey }
  /** A peer said no. */
  | { readonly type: 'refused'; readonly task: ActionHash; readonly by: AgentKey; readonly code: string }
  /** This machine's policy does not let it run a task. */
  | { readonly type: 'policy_refused'; readonly task: ActionHash; readonly rule: string }
  /** A Task that this machine was asked to run, or holds a grant of, has arrived. */
  | { readonly type: 'task_fetched'; readonly task: ActionHash }
  /** The engine began. */
  | {
      readonly type: 'run_started'
      readonly task: ActionHash
      readonly grant: ActionHash
      readonly attempt: number
    }
  /** The engine ended: `ok`, `failed` with a code, or `aborted` because nobody wants it any more. */
  | {
      readonly type: 'run_ended'
      readonly task: ActionHash
      readonly grant: ActionHash
      readonly attempt: number
      readonly status: 'ok' | 'failed' | 'aborted'
      readonly code: string | null
    }
  /** A grant is given back, and why. */
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
   * A fault that a test harness made to these agents' machines: what history is judged by. `kill` ends the daemon,
   * `conductor` and `engine` end only those, `frozen` stops a process for a while.
   */
  | {
      readonly type: 'fault'
      readonly kind: 'kill' | 'partition' | 'timeout' | 'conductor' | 'engine' | 'frozen' | 'disk_full'
      readonly agents: readonly AgentKey[]
    }

/** Longest text of a line that comes from elsewhere. */
const DETAIL_CHARACTERS_MAX = 400

/** That something went wrong and is tried again. */
export function retried(what: string, { code, message }: RippleError): HistoryFact {
  return { type: 'retried', what, code, detail: message.slice(0, DETAIL_CHARACTERS_MAX) }
}

/** One line of the append-only history that every daemon writes, as NDJSON. */
export type HistoryEvent = HistoryFact & {
  /** Whose history. */
  readonly agent: AgentKey
  /** When, by that daemon's clock. */
  readonly at: Millis
}
