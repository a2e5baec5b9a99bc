import { describe, expect, it } from 'vitest'
import { loadPolicies } from '../../../../host/ensemble/members/load-policy.ts'
import {
  findPolicy,
  policiesSchema,
  policyDigest,
  policyWarnings,
} from '../../../../host/ensemble/members/policy.ts'
import { policyWith } from '../stand-in.ts'

const read = (policy: object) => policiesSchema.parse({ inference_policy: policy })
const refusal = (policy: object): string => {
  try {
    read(policy)
    return 'none'
  } catch (thrown) {
    return String(thrown)
  }
}

describe('the shipped inference policy', () => {
  it('the shipped inference policy has the values of the specification', () => {
    const { main, others } = loadPolicies()
    expect(others).toEqual([])
    expect(main).toEqual({
      name: 'ripple-moe',
      trigger: 'change_making_task',
      local_tier: {
        min_parallel: 5,
        max_parallel: 8,
        models: [
          { name: 'gemma-3n-E2B-it', weight: 1, specialization: 'general' },
          { name: 'Phi-4-mini-reasoning', weight: 1.2, specialization: 'reasoning' },
          { name: 'DeepSeek-R1-Distill-Qwen-1.5B', weight: 1.1, specialization: 'code' },
          { name: 'gemma-3-4b-it-qat', weight: 0.9, specialization: 'general' },
          { name: 'Qwen3-4B', weight: 1, specialization: 'code' },
        ],
        timeout_ms: 30_000,
      },
      cloud_tier: {
        min_parallel: 2,
        max_parallel: 4,
        providers: [
          { name: 'claude-code', weight: 1.5, priority: 1 },
          { name: 'codex', weight: 1.3, priority: 2 },
          { name: 'github-copilot', weight: 1, priority: 3 },
        ],
        timeout_ms: 60_000,
        fallback_on_timeout: true,
      },
      reducer: {
        strategy: 'weighted_consensus',
        min_agreement: 0.6,
        policy_gate: 'opa://inference/merge',
        conflict_resolution: 'highest_weight_wins',
      },
      audit: { log_all_responses: true, store_disagreements: true, trace_id_propagation: true },
    })
  })

  it('a warning names each model of three billion parameters without a waiver', () => {
    expect(policyWarnings(policyWith()).map((line) => line.split(' ')[0])).toEqual([
      'gemma-3-4b-it-qat',
      'Qwen3-4B',
    ])
    const waived = policyWith(({ local_tier }) => ({
      local_tier: {
        ...local_tier,
        models: [
          { name: 'Qwen3-4B', weight: 1, specialization: 'code', waiver: 'it is fast here' },
          { name: 'unnamed', weight: 1, specialization: 'code', parameters_b: 8 },
          { name: 'gemma3-270m', weight: 1, specialization: 'code' },
        ],
      },
    }))
    expect(policyWarnings(waived)).toEqual([expect.stringContaining('unnamed')])
  })
})

describe('a policy file', () => {
  const good = policyWith()

  it('a policy file may name fallback models, an eval gate and further policies', () => {
    const more = { ...good, name: 'quick', eval_gate: { require_card: true } }
    const policies = policiesSchema.parse({ inference_policy: good, other_policies: [more] })
    expect(findPolicy(policies, null).name).toBe('ripple-moe')
    expect(findPolicy(policies, 'quick').eval_gate).toEqual({ require_card: true })
    expect(() => findPolicy(policies, 'slow')).toThrowError(
      expect.objectContaining({ code: 'RIPPLE_ENSEMBLE_POLICY_UNKNOWN' }),
    )
  })

  it.each([
    [
      'local_tier.min_parallel',
      { ...good, local_tier: { ...good.local_tier, min_parallel: 9, max_parallel: 8 } },
    ],
    ['reducer.strategy', { ...good, reducer: { ...good.reducer, strategy: 'majority' } }],
    ['reducer.min_agreement', { ...good, reducer: { ...good.reducer, min_agreement: 60 } }],
    ['local_tier.models', { ...good, local_tier: { ...good.local_tier, models: [] } }],
    ['reducers', { ...good, reducers: {} }],
  ])('a policy file is refused if %s is wrong', (field, policy) => {
    expect(refusal(policy)).toContain(field.split('.').at(0))
  })

  it('the digest of a policy changes with its content alone', () => {
    expect(policyDigest(good)).toBe(policyDigest(structuredClone(good)))
    const { reducer } = good
    expect(policyDigest({ ...good, reducer: { ...reducer, min_agreement: 0.61 } })).not.toBe(
      policyDigest(good),
    )
  })
})
