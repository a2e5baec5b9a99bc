import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseCloud, chooseMembers } from '../../../../host/ensemble/members/members.ts'
import { findModel } from '../../../../host/models/catalogue.ts'
import { agent, cloudProvider, digest, model, peer, policyWith } from '../stand-in.ts'

const policy = policyWith()
const listed = [
  model('gemma-3n-E2B-it', '1', 'a'),
  model('Phi-4-mini-reasoning', '2', 'b'),
  model('DeepSeek-R1-Distill-Qwen-1.5B', '3', 'c'),
  model('gemma-3-4b-it-qat', '4', 'd'),
  model('Qwen3-4B', '5', 'e'),
]
const peers = [...'abcde'].map((letter) => peer(letter))
const all = {
  self: agent('z'),
  policy,
  models: listed,
  peers,
  taskType: 'general' as const,
  k: null,
  seed: 7,
}
/** The digest that the catalogue has pinned for SmolLM2-135M-Instruct. */
const pinned = findModel('SmolLM2-135M-Instruct').sha256 ?? ''
const full = (hex: string) => (hex.length === 1 ? digest(hex) : hex)
const names = (membership: ReturnType<typeof chooseMembers>) => membership.members.map((one) => one.model)

describe('the members of the local tier', () => {
  it("members are distinct models with the policy's weights if there are enough", () => {
    const { mode, members } = chooseMembers(all)
    expect(mode).toBe('distinct_models')
    expect(members.map((one) => [one.model, one.weight_milli, one.peer, one.seed])).toEqual([
      ['gemma-3n-E2B-it', 1_000, agent('a'), 7],
      ['gemma-3-4b-it-qat', 900, agent('d'), 8],
      ['Phi-4-mini-reasoning', 1_200, agent('b'), 9],
      ['DeepSeek-R1-Distill-Qwen-1.5B', 1_100, agent('c'), 10],
      ['Qwen3-4B', 1_000, agent('e'), 11],
    ])
    expect(members[0]?.ask).toBe(`peer:${agent('a')}/${digest('1')}`)
    expect(members.every(({ sampling }) => sampling.temperature_milli === 0)).toBe(true)
  })

  it.each([
    ['reasoning', 'Phi-4-mini-reasoning'],
    ['code_generation', 'DeepSeek-R1-Distill-Qwen-1.5B'],
    ['general', 'gemma-3n-E2B-it'],
    ['review', 'Phi-4-mini-reasoning'],
  ] as const)('members for %s begin with %s', (taskType, first) => {
    expect(names(chooseMembers({ ...all, taskType, k: 3 }))[0]).toBe(first)
  })

  it('models without a weight fill only empty places, named ones first', () => {
    const named = policyWith(({ local_tier }) => ({
      local_tier: { ...local_tier, fallback_models: ['gemma-3-1b-it'] },
    }))
    const models = [...listed.slice(0, 3), model('aaa', '6', 'a'), model('gemma-3-1b-it', '7', 'a')]
    const { members } = chooseMembers({ ...all, policy: named, models, k: 4 })
    expect(members.at(-1)).toMatchObject({ model: 'gemma-3-1b-it', weight_milli: 1_000, chosen: 'fallback' })
    expect(names(chooseMembers({ ...all, models: [...listed, model('aaa', '6', 'a')] }))).not.toContain('aaa')
  })

  it('members are samples of the best model if models are too few', () => {
    const { mode, members } = chooseMembers({ ...all, models: listed.slice(0, 2), taskType: 'reasoning' })
    expect(mode).toBe('self_consistency')
    expect(members.map((one) => one.model)).toEqual(Array(5).fill('Phi-4-mini-reasoning'))
    expect(new Set(members.map(({ seed }) => seed)).size).toBe(5)
    expect(members.every(({ sampling }) => sampling.temperature_milli > 0)).toBe(true)
  })

  it('a file counts once, however often and by whatever names it is listed', () => {
    const both = model('tiny', '6', 'ab')
    const same = [
      ...both.at.map((at) => ({ ...both, name: `peer:${at.agent}/tiny`, at: [at] })),
      both,
      { ...both, name: 'ziny', at: both.at.slice(0, 1) },
    ]
    const { mode, members } = chooseMembers({ ...all, models: same, k: 2 })
    expect(mode).toBe('self_consistency')
    expect(members.map((one) => one.ask)).toEqual(['a', 'b'].map((at) => `peer:${agent(at)}/${digest('6')}`))
    expect(members.map((one) => one.model_digest)).toEqual([digest('6'), digest('6')])
  })

  it('a name has one place, however many files have it', () => {
    const phi = (hex: string, at: string, name = 'Phi-4-mini-reasoning') => model(name, hex, at)
    const own = [...'6789abcd'].map((hex, at) =>
      phi(hex, 'e', at % 2 === 0 ? undefined : 'phi-4-MINI-reasoning'),
    )
    const { mode, members } = chooseMembers({ ...all, models: [...listed, ...own] })
    expect(mode).toBe('distinct_models')
    expect(members.map((one) => [one.model, one.model_digest])).toEqual(
      chooseMembers(all).members.map((one) => [one.model, one.model_digest]),
    )
    const invented = [...'6789'].map((hex) => phi(hex, 'e', 'mine'))
    expect(names(chooseMembers({ ...all, models: [...listed.slice(0, 3), ...invented], k: 4 }))).toContain(
      'mine',
    )
    expect(chooseMembers({ ...all, models: invented, k: 2 }).mode).toBe('self_consistency')
  })

  it.each([
    ['that this machine has', { self: agent('c') }, ['8', '9'], '9'],
    ['that the catalogue has pinned', {}, ['8', pinned], pinned],
    ['of the most machines', {}, ['8', '9', '7'], '8'],
    ['of the lowest digest', {}, ['9', '7'], '7'],
  ])('the chosen one of several files with one name is the one %s', (_what, changes, files, wanted) => {
    const at = { 7: 'd', 8: 'ab', 9: 'c', [pinned]: 'd' } as Readonly<Record<string, string>>
    const models = files.map((hex) => ({
      ...model('SmolLM2-135M-Instruct', hex, at[hex] ?? ''),
      digest: full(hex),
    }))
    for (const some of [models, models.toReversed()])
      expect(chooseMembers({ ...all, ...changes, models: some, k: 1 }).members[0]).toMatchObject({
        model: 'SmolLM2-135M-Instruct',
        model_digest: full(wanted),
        ask: expect.stringContaining(`/${full(wanted)}`),
      })
  })

  it('approved models of the catalogue fill empty places before others', () => {
    const others = [model('aaa', '6', 'a'), model('Qwen3-0.6B', '7', 'a'), model('gemma-3-1b-it', '8', 'a')]
    const named = policyWith(({ local_tier }) => ({
      local_tier: { ...local_tier, fallback_models: ['zzz'] },
    }))
    const models = [...listed.slice(0, 3), ...others, model('zzz', '9', 'a')]
    const fallback = names(chooseMembers({ ...all, policy: named, models, k: 7 })).slice(3)
    expect(fallback).toEqual(['zzz', 'Qwen3-0.6B', 'gemma-3-1b-it', 'aaa'])
  })

  it('members are spread over machines, loaded ones and idle ones first', () => {
    const busy = [peer('a', { held_grants: 3 }), peer('b'), peer('c')]
    const spread = chooseMembers({ ...all, peers: busy, models: [model('tiny', '6', 'abC')], k: 4 })
    expect(spread.members.map((one) => one.peer)).toEqual(['c', 'b', 'a', 'c'].map(agent))
  })

  it('a steady choice has the same machines, whoever is busy', () => {
    const where = (held_grants: number, at: string, steady: boolean) =>
      chooseMembers({
        ...all,
        peers: [peer('a', { held_grants }), peer('b')],
        models: [model('tiny', '6', at)],
        k: 3,
        steady,
      }).members.map((one) => one.peer)
    expect(where(0, 'ab', true)).toEqual([agent('a'), agent('b'), agent('a')])
    expect(where(3, 'aB', true)).toEqual(where(0, 'ab', true))
    expect(where(3, 'aB', false)).toEqual([agent('b'), agent('a'), agent('b')])
  })

  it('a member is never on a draining machine, a provider or the ensemble itself', () => {
    const gone = [peer('a', { availability: 'draining' }), peer('b', null), peer('c')]
    const models = [
      model('tiny', '6', 'abc'),
      { ...model('cloud', null, 'c'), owned_by: 'upstream' as const },
      { ...model('ripple/moe', null, 'c'), owned_by: 'ripple' as const },
    ]
    const { members } = chooseMembers({ ...all, peers: gone, models, k: 3 })
    expect(members.map((one) => one.peer)).toEqual(Array(3).fill(agent('c')))
    expect(new Set(members.map((one) => one.model))).toEqual(new Set(['tiny']))
    expect(chooseMembers({ ...all, peers: [] }).members).toEqual([])
  })

  it("members stay within the policy's bounds in any order of models and peers", () => {
    const models = [...listed, ...[...'6789'].map((hex) => model(`m${hex}`, hex, 'abc'))]
    fc.assert(
      fc.property(
        fc.shuffledSubarray(models),
        fc.shuffledSubarray(peers),
        fc.option(fc.integer({ min: 1, max: 16 })),
        fc.constantFrom('code_generation', 'reasoning', 'general', 'review'),
        (some, online, k, taskType) => {
          const choice = { ...all, models: some, peers: online, k, taskType }
          const found = chooseMembers(choice)
          const again = chooseMembers({ ...choice, models: some.toReversed(), peers: online.toReversed() })
          expect(again).toEqual(found)
          const { length } = found.members
          if (length > 0) expect(length).toBe(Math.min(8, k ?? 5))
          expect(new Set(found.members.map(({ seed }) => seed)).size).toBe(length)
          const files = new Set(found.members.map((one) => one.model_digest)).size
          if (length > 0) expect(files).toBe(found.mode === 'distinct_models' ? length : 1)
        },
      ),
    )
  })
})

describe('the members of the cloud tier', () => {
  it('the cloud members are the configured providers by priority, then others', () => {
    const chosen = (...names: string[]) =>
      chooseCloud(
        policy,
        names.map((name) => cloudProvider(name)),
        7,
        5,
      ).map((one) => [one.model, one.weight_milli])
    expect(chosen('other', 'codex', 'claude-code')).toEqual([
      ['claude-code', 1_500],
      ['codex', 1_300],
    ])
    expect(chosen('other', 'codex')).toEqual([
      ['codex', 1_300],
      ['other', 1_000],
    ])
    expect(chosen()).toEqual([])
    const [first] = chooseCloud(policy, [cloudProvider('codex')], 7, 5)
    expect(first).toMatchObject({ index: 5, tier: 'cloud', peer: null, seed: 12 })
  })

  it('providers that the policy does not list vote last, as configured', () => {
    const many = policyWith(({ cloud_tier }) => ({ cloud_tier: { ...cloud_tier, min_parallel: 4 } }))
    const able = [
      cloudProvider('light', { weight: 0.5, priority: 1 }),
      cloudProvider('late', { weight: 9, priority: 2 }),
      cloudProvider('heavy', { weight: 1.25, priority: 1 }),
      cloudProvider('even', { weight: 0.5, priority: 1 }),
      cloudProvider('codex', { weight: 9, priority: 0 }),
    ]
    expect(chooseCloud(many, able, 7, 5).map((one) => [one.model, one.weight_milli, one.chosen])).toEqual([
      ['codex', 1_300, 'policy'],
      ['heavy', 1_250, 'fallback'],
      ['even', 500, 'fallback'],
      ['light', 500, 'fallback'],
    ])
  })
})
