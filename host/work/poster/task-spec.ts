/** Defines the task that a door hands over to be posted. */
import type {
  Deadlines,
  Placement,
  Priority,
  Requirements,
  Sensitivity,
} from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { DataClass } from '../../types/data-class.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { Principal } from '../../types/principal.ts'
import type { FallbackRequest } from './fallback.ts'

/** The task that a door wants posted: its model, its payload and its stand-ins are known. */
export interface TaskSpec {
  /** The client's idempotency key, 16 to 64 bytes; null lets the daemon make one. */
  readonly key: string | null
  readonly payload: InferencePayload
  readonly model: {
    readonly name: string /** sha256 of the file, lower-case hex. */
    readonly digest: string
  }
  /** Whether the same input must give the same bytes again. A worker runs such a task alone. */
  readonly deterministic: boolean
  readonly sensitivity: Sensitivity
  readonly requirements: Requirements
  readonly priority: Priority
  readonly placement: Placement
  readonly deadlines_ms: Deadlines
  readonly lease_ms: number
  readonly max_attempts: number
  /** Own tasks that must be accepted before this one starts, by hash. */
  readonly depends_on: readonly ActionHash[]
  /** Machines that may run it without this one; null for none. */
  readonly fallback: FallbackRequest | null
  /** The only agent that may run it; null for any. */
  readonly only: AgentKey | null
  /** Agents that may not run it; left out: none. */
  readonly except?: readonly AgentKey[]
  /** Whether it is posted even if no known machine can ever run it, or a named stand-in never can. */
  readonly force: boolean
  /** The data class, the trace and the principal of the request, which the policy gets and the Task does not name. */
  readonly data_class?: DataClass
  readonly trace_id?: string | null
  readonly principal?: Principal | undefined
}
