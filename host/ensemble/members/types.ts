/** Defines the types of an ensemble: members, queries and providers. */
import type { AnswerEnd, Ask } from '../../types/answer.ts'
import type { DataClass } from '../../types/data-class.ts'
import type { AgentKey } from '../../types/events.ts'
import type { AnswerFormat, InferenceInput } from '../../types/inference.ts'
import type { Principal } from '../../types/principal.ts'
import type { TaskType } from '../../types/task-type.ts'

/** The difference between members: their model, or only the seed with which the best model is sampled. */
export type EnsembleMode = 'distinct_models' | 'self_consistency'

/** A voter: a model on a machine or a provider, and how it is asked. */
export interface Member {
  /** Its place in the ensemble, from 0. */
  readonly index: number
  readonly tier: 'local' | 'cloud'
  /** The model's or the provider's name. */
  readonly model: string
  /** The sha256 of the model's file; null without a file, or if it is unknown. */
  readonly model_digest: string | null
  /** The machine that is asked; null for a provider. */
  readonly peer: AgentKey | null
  /** The name by which it is asked, such as `peer:<agent>/<sha256 of the file>`. */
  readonly ask: string
  readonly seed: number
  readonly sampling: Sampling
  /** The weight in thousandths: sums of integers do not depend on their order. */
  readonly weight_milli: number
  /** Whether the policy names it with a weight, or it only fills an empty place. */
  readonly chosen: 'policy' | 'fallback'
}

/** The sampling of a member, in thousandths. */
export type Sampling = Pick<Ask, 'temperature_milli' | 'top_p_milli' | 'top_k'>

/** The members of an ensemble. */
export interface Membership {
  readonly mode: EnsembleMode
  readonly members: readonly Member[]
}

/** The models that are asked, on whatever machines: the subject of a score card. */
export type Lineup = ReadonlyArray<Pick<Member, 'model' | 'model_digest' | 'weight_milli'>>

/** Returns the line of some members. Pure. */
export function lineupOf(membership: Pick<Membership, 'members'>): Lineup {
  return lineupMembers(membership).map(({ model, model_digest, weight_milli }) => ({
    model,
    model_digest,
    weight_milli,
  }))
}

/** Returns the members of the local tier in the order of their line: by file, however they were chosen. Pure. */
export function lineupMembers({ members }: Pick<Membership, 'members'>): readonly Member[] {
  const key = ({ model_digest, model }: Member): string => `${model_digest ?? ''} ${model}`
  return members
    .filter(({ tier }) => tier === 'local')
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.index - b.index))
}

/** A question to several models. */
export interface EnsembleQuery {
  /** Text or a chat. */
  readonly input: Exclude<InferenceInput, { type: 'embed' }>
  /** The format of an answer; null: as the task type has it. */
  readonly format: AnswerFormat | null
  readonly task_type: TaskType
  /** The name of a policy; null: the main one. */
  readonly policy: string | null
  /** Whether nothing is merged if fewer agree than the policy asks for. */
  readonly require_consensus: boolean
  /** The most tokens of one member's answer. */
  readonly max_tokens: number
  readonly stop: readonly string[]
  /** Whether providers that may vote do so; left out: they do. Score cards cover the local tier alone. */
  readonly cloud?: boolean
  /** The number of local members; null: as the policy says. */
  readonly members: number | null
  /** The seed of the first member; null: derived from the key, or random without one. */
  readonly seed: number | null
  /** The idempotency key: a repeated question with the same key finds its members' tasks again. Left out: each task is new. */
  readonly key?: string | null
  /** 1 to 64 letters, digits, `_`, `.`, `:` and `-`; null: a new UUID. */
  readonly trace_id: string | null
  /** The data class; left out: `defaultDataClass`. Only this machine is asked for `secret` data. */
  readonly data_class?: DataClass
  /** Who asks; left out if this machine itself does. */
  readonly principal?: Principal | undefined
}

/** A provider as its owner has configured it. */
export interface CloudProvider {
  readonly name: string
  /** The weight of its vote, if the policy does not list it. */
  readonly weight: number
  /** The order in which unlisted providers are asked: the lowest first. */
  readonly priority: number
}

/** Asks providers that may vote; the implementer enforces the egress policy. */
export interface CloudMembers {
  /** Returns the configured providers that support all of such a question, each once, whatever the policy says of them. */
  providers(asked: Pick<EnsembleQuery, 'input' | 'format' | 'stop'>): readonly CloudProvider[]
  /**
   * Asks a provider for one answer, with all checks on leaving data. Rejects with `RIPPLE_POLICY_REFUSED`,
   * `RIPPLE_UPSTREAM_FAILED`.
   */
  ask(provider: string, ask: Ask, signal: AbortSignal): Promise<Pick<AnswerEnd, 'text' | 'model' | 'usage'>>
}
