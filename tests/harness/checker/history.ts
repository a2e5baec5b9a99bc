import type { HistoryEvent } from '../../../host/telemetry/history.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../../../host/types/events.ts'

/** What happened: of a simulation, or of real daemons whose logs and chains were collected. */
export interface History {
  /** Lines of all daemons, and the harness's own about the faults that it made. */
  readonly logs: readonly HistoryEvent[]
  /** Every event of `resource_mesh`, by author. */
  readonly chains: ReadonlyMap<AgentKey, readonly MeshEvent[]>
  /** For accepted tasks: whether what the poster holds opens, and has the digest and length of the Result. */
  readonly opened: ReadonlyMap<ActionHash, boolean>
  /** Whether everything had the time to end, so that what is open waits for ever. */
  readonly ended: boolean
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
  readonly task: ActionHash
  readonly detail: string
}

/** One broken promise, as a rule gives it. */
export function broken(rule: Violation['rule'], task: ActionHash, detail: string): Violation[] {
  return [{ rule, task, detail }]
}
