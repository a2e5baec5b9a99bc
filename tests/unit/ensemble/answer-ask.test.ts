import { describe, expect, it } from 'vitest'
import { cloudMembers } from '../../../host/daemon/models/cloud-members.ts'
import { answerAsk, taskTypeOf } from '../../../host/ensemble/answer-ask.ts'
import type { Ensemble } from '../../../host/ensemble/ensemble.ts'
import type { EnsembleQuery } from '../../../host/ensemble/members/types.ts'
import { sealRecord } from '../../../host/ensemble/query/record.ts'
import type { AnswerEnd, Ask, Chosen } from '../../../host/types/answer.ts'
import type { EnsembleRecord } from '../../../host/types/ensemble-record.ts'
import { agent, cloudProvider, digest } from './stand-in.ts'

const never = new AbortController().signal
const ask: Ask = {
  input: { type: 'text', text: 'What?', template: 'auto' },
  format: { type: 'text' },
  model: 'ripple/moe',
  key: null,
  max_tokens: null,
  temperature_milli: 1_000,
  top_p_milli: 1_000,
  top_k: 0,
  seed: null,
  stop: ['\n'],
  penalties: { frequency_milli: 0, presence_milli: 0 },
  trace_id: 'trace:1',
}

const member: EnsembleRecord['members'][number] = {
  index: 0,
  tier: 'local',
  model: 'tiny',
  model_digest: digest('6'),
  peer: agent('a'),
  seed: 1,
  temperature_milli: 700,
  weight_milli: 1_000,
  chosen: 'fallback',
  outcome: 'answered',
  code: null,
  finish: 'length',
  task: null,
  receipt: null,
  latency_ms: 5,
  tokens_in: 3,
  tokens_out: 4,
  response_hash: digest('1'),
  response_digest: digest('2'),
  response: 'Paris',
}

function standInEnsemble(changes: Partial<EnsembleRecord> = {}) {
  const asked: EnsembleQuery[] = []
  const { sha256: _old, ...rest } = { sha256: '', ...changes }
  const record = sealRecord({
    version: 1,
    trace_id: 'trace:1',
    at: 1,
    agent: agent('z'),
    task_type: 'general',
    prompt_digest: digest('3'),
    policy: { name: 'ripple-moe', digest: digest('4') },
    mode: 'self_consistency',
    require_consensus: false,
    max_tokens: 9,
    members: [member, { ...member, response: 'Rome', finish: 'stop' }],
    cloud: 'off',
    degraded: false,
    vote: { result: 'flagged', winner: digest('1'), agreement: 0.5, min_agreement: 0.6, classes: [] },
    eval_gate: 'off',
    decision: null,
    response: 'Paris',
    response_digest: digest('2'),
    wall_ms: 7,
    ...rest,
  })
  return {
    asked,
    begin: async (query: EnsembleQuery) => {
      asked.push(query)
      return { record: Promise.resolve(record) }
    },
  }
}

/** How an ask of the ensemble ends. */
const endOf = async (
  ensemble: Pick<Ensemble, 'begin'>,
  asked = ask,
  chosen: Chosen = { by: 'name', why: 'asked by name' },
): Promise<AnswerEnd> => (await answerAsk(ensemble, asked, chosen, never)).end

describe('ripple/moe', () => {
  it("ripple/moe answers with the heaviest class, all members' cost and the agreement", async () => {
    const ensemble = standInEnsemble()
    expect(await endOf(ensemble)).toMatchObject({
      text: 'Paris',
      finish: 'length',
      usage: { tokens_in: 6, tokens_out: 8 },
      model: 'ripple/moe',
      route: 'ensemble',
      why: "2 samples of one model were asked, 50 % of the weight agree, fewer than the policy asks for: see 'ripple moe show trace:1'",
    })
    expect(ensemble.asked).toMatchObject([
      { task_type: 'general', format: null, require_consensus: false, trace_id: 'trace:1', stop: ['\n'] },
    ])
  })

  it('ripple/moe is asked without providers if a score card chose it, and says why', async () => {
    const ensemble = standInEnsemble()
    const { why } = await endOf(ensemble, ask, { by: 'card', why: 'the ensemble wins' })
    expect(why).toMatch(/^the ensemble wins; 2 samples of one model were asked, /)
    await endOf(ensemble)
    expect(ensemble.asked.map(({ cloud }) => cloud)).toEqual([false, true])
  })

  it.each([
    ['self_consistency', 1, '2 samples of one model and 1 provider were asked'],
    ['distinct_models', 2, '2 models and 2 providers were asked'],
  ] as const)('ripple/moe counts providers separately: %s, %d', async (mode, providers, words) => {
    const local = [member, member]
    const cloud = Array.from({ length: providers }, () => ({ ...member, tier: 'cloud' as const }))
    const { why } = await endOf(standInEnsemble({ mode, members: [...local, ...cloud] }))
    expect(why.startsWith(words)).toBe(true)
  })

  it("ripple/moe has a finish reason though the policy stores no members' texts", async () => {
    const members = [
      { ...member, response: null, response_digest: digest('5'), finish: 'stop' as const },
      { ...member, response: null },
    ]
    expect((await endOf(standInEnsemble({ members }))).finish).toBe('length')
  })

  it('ripple/moe names the receipts of its members', async () => {
    const members = [{ ...member, receipt: '/receipts/one' }, member]
    expect(await endOf(standInEnsemble({ members }))).toMatchObject({
      receipt: null,
      receipts: ['/receipts/one'],
    })
  })

  it('ripple/moe compares answers by the task type, and formatted ones as JSON', async () => {
    const ensemble = standInEnsemble()
    await endOf(ensemble, { ...ask, format: { type: 'json' } })
    expect(ensemble.asked[0]).toMatchObject({ task_type: 'code_generation', format: { type: 'json' } })
    expect(taskTypeOf(ask)).toBe('general')
    await endOf(ensemble, { ...ask, task_type: 'reasoning', format: { type: 'json' } })
    expect(ensemble.asked[1]).toMatchObject({ task_type: 'reasoning', format: { type: 'json' } })
  })

  it('ripple/moe fails without an answer and embeds nothing', async () => {
    const silent = standInEnsemble({ response: null })
    await expect(endOf(silent)).rejects.toMatchObject({ code: 'RIPPLE_ENSEMBLE_UNANSWERED' })
    const embed = { ...ask, input: { type: 'embed' as const, texts: ['a'] } }
    await expect(endOf(silent, embed)).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
  })
})

describe('the providers as members', () => {
  const asked: unknown[] = []
  const members = cloudMembers(
    {
      names: () => ['upstream:codex/mini', 'upstream:codex/large', 'upstream:claude-code/a/b'],
      ask: async (model, _ask, dataClass) => {
        asked.push([model, dataClass])
        return { text: 'Paris', finish: 'stop', tool_calls: [], bytes_beside: 0, usage: null }
      },
    },
    [
      { ...cloudProvider('codex', { weight: 2, priority: 1 }), kind: 'openai' },
      { ...cloudProvider('claude-code'), kind: 'command' },
    ],
  )
  const plain = { input: { type: 'text', text: 'What?', template: 'auto' }, format: null, stop: [] } as const
  const tool = { name: 'look', description: '', parameters: {} }

  it.each([
    ['text', {}, ['codex', 'claude-code']],
    ['text by name', { format: { type: 'text' } }, ['codex', 'claude-code']],
    ['JSON', { format: { type: 'json' } }, ['codex']],
    ['a schema', { format: { type: 'schema', schema: { type: 'object' } } }, ['codex']],
    ['an end', { stop: ['\n'] }, ['codex']],
    ['tools', { input: { type: 'chat', messages: [], tools: [tool] } }, ['codex']],
  ] as const)('a request for %s asks the providers that can do it', (_what, changes, able) => {
    const asked = { ...plain, ...changes } as Parameters<typeof members.providers>[0]
    expect(members.providers(asked).map(({ name }) => name)).toEqual(able)
  })

  it('providers vote with their configured weight and order', () => {
    expect(members.providers(plain)[0]).toEqual({ name: 'codex', weight: 2, priority: 1 })
  })

  it('each provider is asked for its first model, with the data class of the question', async () => {
    expect(await members.ask('codex', ask, never)).toEqual({
      text: 'Paris',
      model: 'upstream:codex/mini',
      usage: null,
    })
    await members.ask('codex', { ...ask, data_class: 'public' }, never)
    expect(asked).toEqual([
      ['upstream:codex/mini', 'private'],
      ['upstream:codex/mini', 'public'],
    ])
    // As the members of the mesh answer where there are tools to call: else no two of them would say the same.
    const input = { type: 'chat' as const, messages: [], tools: [tool], tool_choice: 'auto' as const }
    expect((await members.ask('codex', { ...ask, input }, never)).text).toBe('{"content":"Paris"}')
    await expect(members.ask('gone', ask, never)).rejects.toMatchObject({ code: 'RIPPLE_UPSTREAM_FAILED' })
  })
})
