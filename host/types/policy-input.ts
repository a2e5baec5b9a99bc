/** Defines the facts that the policies are asked about. */
import type { Sensitivity, TaskClass } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { DataClass } from './data-class.ts'
import type { Json } from './json.ts'
import type { PrincipalFact, Scope } from './principal.ts'
import type { TaskType } from './task-type.ts'

/**
 * The facts for the shipped policies. A policy refuses if a fact that it needs is missing. The gate itself adds `now`,
 * `network` and `owner` (the settings under `policy`) to each. These are types, not interfaces, so that they are JSON.
 */

/** Facts of `post`: a task that this machine posts. */
export type PostInput = {
  readonly class: TaskClass
  readonly model: { readonly name: string; readonly digest: string } | null
  readonly sensitivity: Sensitivity
  readonly payload_bytes: number
  /** The largest payload that the network accepts, in bytes. */
  readonly payload_bytes_max: number
  /** The stand-ins that may run it while this machine is away. */
  readonly fallback: 'none' | 'agents' | 'any'
  readonly requirements: {
    readonly cpu_cores: number
    readonly memory_mib: number
    readonly disk_mib: number
    readonly gpu_count: number
    readonly vram_mib: number
    readonly tags: readonly string[]
  }
  readonly priority: 'interactive' | 'background'
  readonly deterministic: boolean
  readonly redundancy: number
  readonly max_attempts: number
  /** Own tasks that are not closed. */
  readonly open_tasks: number
  /** The class that the client names; the Task says only whether it is private. */
  readonly data_class: DataClass
  /** Whether this machine alone may run it. */
  readonly only_self: boolean
  /** The request that it is posted for; null if the client named none. */
  readonly trace_id: string | null
  /** The caller; null if this machine itself does. */
  readonly principal: PrincipalFact
}

/** Facts of `run` at the claim: a task that is offered. */
export type ClaimInput = {
  readonly stage: 'claim'
  readonly class: TaskClass
  readonly model: { readonly name: string; readonly digest: string } | null
  /** Key of its poster, and whether that is this machine. */
  readonly poster: string
  readonly own: boolean
  readonly sensitivity: Sensitivity
  readonly payload_bytes: number
  readonly priority: 'interactive' | 'background'
  readonly deterministic: boolean
  readonly redundancy: number
  /** Grants that this machine holds and has not run. */
  readonly held: number
}

/** Facts of `run` before the engine begins, once the payload has arrived. Answers without a task are decided on too. */
export type RunInput = Omit<ClaimInput, 'stage'> & {
  readonly stage: 'run'
  readonly input_type: 'text' | 'chat' | 'embed'
  readonly max_tokens: number
  readonly context_tokens: number
  /** Tools that the model may call. */
  readonly tools: number
  /** Class, request and principal of an answer without a task. Only its poster knows those of a task. */
  readonly data_class?: DataClass
  readonly trace_id?: string
  readonly principal?: PrincipalFact
}

/** Facts of `egress`: something that would leave for a provider. */
export type EgressInput = {
  readonly provider: string
  /** The kind of the provider, such as `http` or `program`. */
  readonly provider_kind: string
  /** Class of the data, such as `public` or `private`. */
  readonly data_class: string
  /** The owner's allows. */
  readonly allows: readonly { readonly provider: string; readonly data_class: string }[]
  /** Numbers of findings of the filter in the data. */
  readonly secrets_found: number
  readonly pii_found: number
  /** The rest of the day's budget, in any unit; nothing leaves at 0. */
  readonly budget_left: number
  readonly principal: PrincipalFact
}

/** Facts of `tool`: a call of a tool of an MCP server. */
export type ToolInput = {
  readonly server: string
  readonly server_kind: 'stdio' | 'http'
  readonly tool: string
  readonly arguments: { readonly [name: string]: Json }
  readonly arguments_bytes: number
  readonly data_class: DataClass
  /** The owner's allows. */
  readonly allows: readonly { readonly server: string; readonly tool: string; readonly data_class: string }[]
  /** The number of secrets in the arguments. */
  readonly secrets_found: number
  /** The calls that are left of this UTC day. */
  readonly calls_left: number
  readonly principal: PrincipalFact
}

/** Facts of `mcp`: a call of one of Ripple's own tools by MCP. */
export type McpInput = {
  /** The name with dots, whichever the caller used. */
  readonly tool: string
  readonly effect: 'read' | 'write' | 'destroy'
  /** The scope that the tool requires, and whether the caller has it. */
  readonly scope: Scope
  readonly in_scope: boolean
  /** Whether the connection is only for reading. */
  readonly read_only: boolean
  readonly arguments_bytes: number
  readonly principal: PrincipalFact
}

/** Facts of `allocate`: a share of this machine that an agent asks for. */
export type AllocateInput = {
  readonly resource_type: 'compute' | 'inference' | 'storage'
  /** The agent that asks, and whether it is this machine's own. */
  readonly holder: string
  readonly own: boolean
  readonly cpu_cores: number
  readonly memory_mib: number
  readonly disk_mib: number
  readonly gpu_count: number
  /** The model that is asked for; null without one. */
  readonly model: { readonly name: string; readonly digest: string } | null
  readonly duration_ms: number
  /** Whether it renews an allocation that runs. */
  readonly renewal: boolean
  /** Allocations that run on this machine. */
  readonly running: number
  /** The caller; null if another machine asks. */
  readonly principal: PrincipalFact
}

/** Facts of `merge`: answers of an ensemble that would become one. */
export type MergeInput = {
  /**
   * `merge`: the members have answered. `ask`: no member was asked yet, and answers and agreement are the best possible.
   * `ask` is decided if no score card recommends the ensemble, so that members do not work for an answer that is refused.
   */
  readonly stage: 'ask' | 'merge'
  /** The reason for asking the ensemble: a task that changes something, a caller who named it, or an evaluation. */
  readonly trigger: 'change_making_task' | 'request' | 'evaluation'
  readonly task_type: TaskType
  /** Members of the local tier that answered in time, and the number that the inference policy requires. */
  readonly answered: number
  readonly min_parallel: number
  /** Providers that answered in time. They are a tier of their own and do not count as local members. */
  readonly cloud_answered: number
  /** Whether fewer suffice: more than half of the local tier if consensus is required, else one answer of either tier. */
  readonly degraded_allowed: boolean
  /** The winner's share of the weighted votes, and the least that makes a consensus; both from 0 to 1. */
  readonly agreement: number
  readonly min_agreement: number
  readonly require_consensus: boolean
  /** The verdict of the score cards, if required. `failed`: the ensemble does not win. `no_card`: no card is valid. */
  readonly eval_gate: 'off' | 'passed' | 'failed' | 'no_card'
  /** The inference policy, and the outcome of the vote under it. */
  readonly inference_policy: string
  readonly result: 'merged' | 'flagged' | 'no_consensus'
  readonly trace_id: string
  readonly principal: PrincipalFact
}
