import type { Sensitivity } from '../../zomes-bindings/generated/Sensitivity.ts'
import type { TaskClass } from '../../zomes-bindings/generated/TaskClass.ts'
import type { DataClass } from './data-class.ts'
import type { TaskType } from './task-type.ts'

/**
 * What the shipped policies are asked about. A policy refuses where a fact is missing that it needs. The gate itself adds
 * `now`, `network` and `owner` (the settings under `policy`) to each. These are types, not interfaces, so that they are JSON.
 */

/** Facts of `post`: a task of this machine's. */
export type PostFacts = {
  readonly class: TaskClass
  readonly model: { readonly name: string; readonly digest: string } | null
  readonly sensitivity: Sensitivity
  readonly payload_bytes: number
  /** The largest payload that the network takes. */
  readonly payload_bytes_max: number
  /** Who may go on with it while this machine is away. */
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
  /** Who may see it, by the word of whoever asks; the Task says only whether it is private. */
  readonly data_class: DataClass
  /** Whether this machine alone may run it. */
  readonly only_self: boolean
  /** The request that it is posted for; null where nobody has named one. */
  readonly trace_id: string | null
}

/** Facts of `run` at the claim: a task that is offered. */
export type ClaimFacts = {
  readonly stage: 'claim'
  readonly class: TaskClass
  readonly model: { readonly name: string; readonly digest: string } | null
  /** Key of who posted it, and whether that is this machine. */
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

/** Facts of `run` before the engine begins: the payload is there. What is answered here without a task is asked about as well. */
export type RunFacts = Omit<ClaimFacts, 'stage'> & {
  readonly stage: 'run'
  readonly input_type: 'text' | 'chat' | 'embed'
  readonly max_tokens: number
  readonly context_tokens: number
  /** Tools that the model may call. */
  readonly tools: number
  /** Class and request of an answer without a task; a task's are its poster's to know. */
  readonly data_class?: DataClass
  readonly trace_id?: string
}

/** Facts of `egress`: something that would leave for a provider. */
export type EgressFacts = {
  readonly provider: string
  /** How it is reached, such as `http` or `program`. */
  readonly provider_kind: string
  /** Class of the data, such as `public` or `private`. */
  readonly data_class: string
  /** What the owner has allowed. */
  readonly allows: readonly { readonly provider: string; readonly data_class: string }[]
  /** What the filter has found in what would leave. */
  readonly secrets_found: number
  readonly pii_found: number
  /** What is left of the day's budget, in whichever unit; nothing leaves at 0. */
  readonly budget_left: number
}

/** Facts of `merge`: answers of an ensemble that would become one. */
export type MergeFacts = {
  /**
   * `merge`: what the members have answered; `ask`: nobody was asked yet, and answers and agreement are the best there could be.
   * That is decided where no score card speaks for the ensemble, so that none is asked in vain.
   */
  readonly stage: 'ask' | 'merge'
  /** Why the ensemble was asked: a task that changes something, a caller who named it, or an evaluation. */
  readonly trigger: 'change_making_task' | 'request' | 'evaluation'
  readonly task_type: TaskType
  /** Members of the local tier that answered in time, and how many the policy of inference asks for. */
  readonly answered: number
  readonly min_parallel: number
  /** Providers that answered in time: a tier of its own, which stands in for no member of the other. */
  readonly cloud_answered: number
  /** Whether fewer will do: where consensus is required more than half of the local tier, else one answer of either tier. */
  readonly degraded_allowed: boolean
  /** The winner's share of the weighted votes, and the least that makes a consensus; both from 0 to 1. */
  readonly agreement: number
  readonly min_agreement: number
  readonly require_consensus: boolean
  /** What the score cards say where the policy of inference wants one: `failed`: the ensemble does not win; `no_card`: none is valid. */
  readonly eval_gate: 'off' | 'passed' | 'failed' | 'no_card'
  /** The policy of inference, and what came of the vote under it. */
  readonly inference_policy: string
  readonly result: 'merged' | 'flagged' | 'no_consensus'
  readonly trace_id: string
}
