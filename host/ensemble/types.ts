import type { AnswerEnd, Ask } from '../types/answer.ts'
import type { DataClass } from '../types/data-class.ts'
import type { AgentKey } from '../types/events.ts'
import type { AnswerFormat, InferenceInput } from '../types/inference.ts'
import type { TaskType } from '../types/task-type.ts'

/** How members differ: by their model, or only by the seed with which the best model is sampled. */
export type EnsembleMode = 'distinct_models' | 'self_consistency'

/** One who votes: a model on a machine, or a provider, with how it is asked. */
export interface Member {
  /** Its place in the ensemble, from 0. */
  readonly index: number
  readonly tier: 'local' | 'cloud'
  /** The model's or the provider's name. */
  readonly model: string
  /** sha256 of the model's file; null where there is none, or nobody knows it. */
  readonly model_digest: string | null
  /** The machine that is asked; null for a provider. */
  readonly peer: AgentKey | null
  /** The name by which it is asked, such as `peer:<agent>/<sha256 of the file>`. */
  readonly ask: string
  readonly seed: number
  readonly sampling: Sampling
  /** Its weight in thousandths: sums of whole numbers do not depend on their order. */
  readonly weight_milli: number
  /** Whether the policy names it with a weight, or it fills a place that would be empty. */
  readonly chosen: 'policy' | 'fallback'
}

/** How a member is sampled, in thousandths. */
export type Sampling = Pick<Ask, 'temperature_milli' | 'top_p_milli' | 'top_k'>

/** The members of an ensemble. */
export interface Membership {
  readonly mode: EnsembleMode
  readonly members: readonly Member[]
}

/** Which models are asked, whatever machines they are on: what a score card is about. */
export type Line = ReadonlyArray<Pick<Member, 'model' | 'model_digest' | 'weight_milli'>>

/** The line of some members. Pure. */
export function lineOf(membership: Pick<Membership, 'members'>): Line {
  return inLine(membership).map(({ model, model_digest, weight_milli }) => ({
    model,
    model_digest,
    weight_milli,
  }))
}

/** The members of the local tier in the order of their line: by file, whatever the order in which they were chosen. Pure. */
export function inLine({ members }: Pick<Membership, 'members'>): readonly Member[] {
  const key = ({ model_digest, model }: Member): string => `${model_digest ?? ''} ${model}`
  return members
    .filter(({ tier }) => tier === 'local')
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.index - b.index))
}

/** What several models are asked. */
export interface EnsembleQuery {
  /** Text or a chat. */
  readonly input: Exclude<InferenceInput, { type: 'embed' }>
  /** What an answer must look like; null: as the kind of task has it. */
  readonly format: AnswerFormat | null
  readonly task_type: TaskType
  /** Name of a policy; null: the main one. */
  readonly policy: string | null
  /** Whether nothing is merged where fewer agree than the policy asks for. */
  readonly require_consensus: boolean
  /** Most tokens of one member's answer. */
  readonly max_tokens: number
  readonly stop: readonly string[]
  /** Whether providers vote as well, where they may; left out: they do. Score cards speak of the local tier alone. */
  readonly cloud?: boolean
  /** Members of the local tier; null: as the policy says. */
  readonly members: number | null
  /** Seed of the first member; null: any, or what follows from the key. */
  readonly seed: number | null
  /** Idempotency key: the same question with the same key finds the tasks of its members again. Left out: each is a new one. */
  readonly key?: string | null
  /** 1 to 64 letters, digits, `_`, `.`, `:` and `-`; null: a new UUID. */
  readonly trace_id: string | null
  /** Who may see it; left out: `defaultDataClass`. What is `secret` is asked of this machine alone. */
  readonly data_class?: DataClass
}

/** A provider as its owner has configured it. */
export interface CloudProvider {
  readonly name: string
  /** How much its vote counts, where the policy does not list it. */
  readonly weight: number
  /** When it is asked among those that the policy does not list: the lowest first. */
  readonly priority: number
}

/** Providers that may vote, behind the egress policy of who implements it. */
export interface CloudMembers {
  /** The configured providers that can heed all of such a question, each once, whatever the policy says of them. */
  providers(asked: Pick<EnsembleQuery, 'input' | 'format' | 'stop'>): readonly CloudProvider[]
  /** One answer of a provider, under all that keeps data here. Rejects with `RIPPLE_POLICY_REFUSED`, `RIPPLE_UPSTREAM_FAILED`. */
  ask(provider: string, ask: Ask, signal: AbortSignal): Promise<Pick<AnswerEnd, 'text' | 'model' | 'usage'>>
}
