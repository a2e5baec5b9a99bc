/** Defines the inference policy: which models form an ensemble and how they vote. */
import { z } from 'zod'
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Json } from '../../types/json.ts'
import type { MergeInput } from '../../types/policy-input.ts'
import type { TaskType } from '../../types/task-type.ts'

/** Billions of parameters from which a model of the local tier counts as large. */
const LARGE_BILLIONS = 3

const name = z.string().min(1).max(128)
const weight = z.number().min(0.001).max(1_000)
const parallel = z.number().int().min(1).max(limits.members_max)
const timeout = z.number().int().min(1_000).max(3_600_000)

const localModel = z.strictObject({
  name,
  weight,
  specialization: z.enum(['general', 'reasoning', 'code', 'review']),
  /** Billions of active parameters, for a name that does not say them. */
  parameters_b: z.number().positive().optional(),
  /** The reason why a model of more than three billion parameters may be in the local tier. */
  waiver: z.string().min(1).optional(),
})

const inRange = (tier: { min_parallel: number; max_parallel: number }) =>
  tier.min_parallel <= tier.max_parallel
const range = { error: 'min_parallel is larger than max_parallel' }

const inferencePolicySchema = z.strictObject({
  name,
  /** The trigger of tasks that change something; the policy `merge` receives it. */
  trigger: z.enum(['change_making_task', 'request']),
  local_tier: z
    .strictObject({
      min_parallel: parallel,
      max_parallel: parallel,
      models: z.array(localModel).min(1),
      timeout_ms: timeout,
      /** Approved models without a weight. They vote with 1.0, and only if there are too few of the models above. */
      fallback_models: z.array(name).optional(),
    })
    .refine(inRange, range),
  cloud_tier: z
    .strictObject({
      min_parallel: parallel,
      max_parallel: parallel,
      providers: z.array(z.strictObject({ name, weight, priority: z.number().int().min(1) })).min(1),
      timeout_ms: timeout,
      fallback_on_timeout: z.boolean(),
    })
    .refine(inRange, range),
  reducer: z.strictObject({
    strategy: z.literal('weighted_consensus'),
    /** The share of the answers' total weight that the best class needs. */
    min_agreement: z.number().min(0).max(1),
    policy_gate: z.literal('opa://inference/merge'),
    conflict_resolution: z.literal('highest_weight_wins'),
  }),
  audit: z.strictObject({
    log_all_responses: z.boolean(),
    store_disagreements: z.boolean(),
    trace_id_propagation: z.boolean(),
  }),
  /** Merges only if a valid score card shows that the ensemble wins at such tasks; off if left out. */
  eval_gate: z.strictObject({ require_card: z.boolean() }).optional(),
})

/** The rules by which several models are asked and their answers become one. */
export type InferencePolicy = z.output<typeof inferencePolicySchema>
/** A model of the local tier. */
export type PolicyModel = InferencePolicy['local_tier']['models'][number]

/** The policies of a file. */
export interface Policies {
  /** The policy that applies if none is named. */
  readonly main: InferencePolicy
  readonly others: readonly InferencePolicy[]
}

/** The document of `inference_policy.yaml`. */
export const policiesSchema = z
  .strictObject({
    inference_policy: inferencePolicySchema,
    /** Further policies, which a query may name. */
    other_policies: z.array(inferencePolicySchema).default([]),
  })
  .transform(({ inference_policy: main, other_policies: others }): Policies => ({ main, others }))

/** Returns the policy with that name; the main one for null. Throws `RIPPLE_ENSEMBLE_POLICY_UNKNOWN`. Pure. */
export function findPolicy({ main, others }: Policies, wanted: string | null): InferencePolicy {
  if (wanted === null) return main
  const found = [main, ...others].find((policy) => policy.name === wanted)
  if (found !== undefined) return found
  const known = [main, ...others].map((policy) => policy.name).join(', ')
  throw new RippleError('RIPPLE_ENSEMBLE_POLICY_UNKNOWN', { policy: wanted, known })
}

/** The task types that make changes: code, and the review of a change. */
const changing: readonly TaskType[] = ['code_generation', 'review']

/** Returns why several models are asked: the policy's trigger for tasks that change something, or else a request. Pure. */
export function triggerOf({ trigger }: InferencePolicy, type: TaskType): MergeInput['trigger'] {
  return changing.includes(type) ? trigger : 'request'
}

/** Returns the sha256 of a policy's canonical JSON, which ignores comments and spaces of its file. Pure. */
export function policyDigest(policy: InferencePolicy): string {
  return sha256Hex(canonicalJson(policy as unknown as Json))
}

/**
 * Returns warnings about local models with at least three billion active parameters and no waiver. The count comes from the
 * field or from the name (`4B`, `E2B`, `270M`). The policy's list still applies. Pure.
 */
export function policyWarnings(policy: InferencePolicy): string[] {
  return policy.local_tier.models.flatMap(({ name: model, parameters_b, waiver }) => {
    const billions = parameters_b ?? billionsOf(model)
    if (billions === null || billions < LARGE_BILLIONS || waiver !== undefined) return []
    return [`${model} of policy '${policy.name}' has ${billions} billion parameters and no waiver`]
  })
}

/** Returns billions of parameters by a model's name; null if it does not say. */
function billionsOf(model: string): number | null {
  const found = /(?:^|[-_ ])e?(\d+(?:\.\d+)?)([bm])(?![a-z])/i.exec(model)
  if (found === null) return null
  return Number(found[1]) / (found[2]?.toLowerCase() === 'm' ? 1_000 : 1)
}
