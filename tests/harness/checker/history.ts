import type { HistoryEvent } from '../../../host/telemetry/history.ts'
import type { ActionHash, AgentKey, MeshEvent, Millis } from '../../../host/types/events.ts'

/**
 * A fault that the harness caused on these agents' machines; a history is judged by it. `kill` ends the daemon, `conductor` and
 * `engine` end only those, `frozen` stops a process for a while.
 */
interface Fault {
  readonly type: 'fault'
  readonly kind: 'kill' | 'partition' | 'timeout' | 'conductor' | 'engine' | 'frozen' | 'disk_full'
  readonly agents: readonly AgentKey[]
  readonly agent: AgentKey
  readonly at: Millis
}

/** A line of a daemon's history, or the harness's own about a fault. */
export type HistoryLine = HistoryEvent | Fault

/**
 * Something that went wrong at some machines, from when to when they were not themselves, by a clock that is right. A
 * `partition` parts its agents from all others, and a `loss` is of messages between its two; the rest strikes each agent.
 */
export interface Disturbance {
  readonly kind:
    | Fault['kind']
    /** A message between two was lost, or could not be sent. */
    | 'loss'
    /** A call of the own DHT got no answer. */
    | 'dht'
    /** A machine takes nothing new. */
    | 'drain'
    /** A worker says what is not so. It strikes whoever believes it, and no machine. */
    | 'lie'
  readonly agents: readonly AgentKey[]
  readonly from: Millis
  readonly to: Millis
}

/** A wait or a duty that is left after everything had the time to end. */
export interface Waiting {
  /** The agent of the machine. */
  readonly agent: AgentKey
  /** Null where it is about no task, or one that is not known yet. */
  readonly task: ActionHash | null
  readonly what: string
}

/** The history of a simulation, or of real daemons from their logs and chains. */
export interface History {
  /** Lines of all daemons, and the harness's own about the faults that it made. */
  readonly logs: readonly HistoryLine[]
  /** Every event of `resource_mesh`, by author. */
  readonly chains: ReadonlyMap<AgentKey, readonly MeshEvent[]>
  /** For accepted tasks: whether what the poster holds opens, and has the digest and length of the Result. */
  readonly opened: ReadonlyMap<ActionHash, boolean>
  /** Everything that went wrong, as the harness made it. */
  readonly disturbances: readonly Disturbance[]
  /** For how long after its end a disturbance may still be felt. */
  readonly aftermath_ms: Millis
  /** How long a message and an event of the DHT may take between two machines, as the harness made it. */
  readonly late_ms: { readonly messages: Millis; readonly events: Millis }
  /** How far ahead the clocks of machines are; those that are not named are right. */
  readonly ahead_ms: ReadonlyMap<AgentKey, Millis>
  /** The peers that each poster knows and that can run its tasks. */
  readonly able: ReadonlyMap<AgentKey, readonly AgentKey[]>
  /** Whether everything had the time to end, so that what is open waits for ever. */
  readonly ended: boolean
  /** The remaining waits, without those of tasks, which the chains show. */
  readonly waiting: readonly Waiting[]
}

/** A promise that was broken. */
export interface Violation {
  readonly rule:
    | 'one_terminal_state'
    | 'one_accepted_result'
    | 'accepted_is_the_grantees'
    | 'task_known'
    | 'executions_bounded'
    | 'no_equivocation'
    | 'reason_holds'
    | 'output_opens'
    | 'one_task_a_key'
    | 'dependencies_hold'
    | 'cancel_was_wanted'
    | 'attempts_bounded'
    | 'rejected_left_out'
    | 'retry_happens'
    | 'nothing_waits'
    | 'answer_kept'
  readonly task: ActionHash
  readonly detail: string
}

/** One broken promise, as a rule gives it. */
export function broken(rule: Violation['rule'], task: ActionHash, detail: string): Violation[] {
  return [{ rule, task, detail }]
}
