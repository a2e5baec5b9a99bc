import { describe, expect, test } from 'vitest'
import { knownModels, meshModels, type Surroundings } from '../../../host/inference/known-models.ts'
import { resolveName } from '../../../host/inference/names.ts'
import { limits } from '../../../host/limits.ts'
import { catalogue } from '../../../host/models/catalogue.ts'
import { loadedModels } from '../../../host/peers/loaded-models.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { cardOf } from '../../harness/sim/card.ts'

const now = 1_800_000_000_000
const [small, large] = ['a'.repeat(64), 'b'.repeat(64)]

function peer(agent: string, digests: readonly string[], seenAt: number | null = now): Peer {
  const card = cardOf(agent, { name: `name of ${agent}` })
  const models = digests.map((digest) => ({ name: 'Model', digest, context_tokens: 512 }))
  const inference = { ...card.capabilities.inference, models }
  const capabilities = { ...card.capabilities, inference } as typeof card.capabilities
  return { agent, card: { ...card, capabilities }, presence: null, seenAt }
}

function known(changes: Partial<Surroundings>) {
  return knownModels({
    self: 'me',
    peers: [],
    here: [],
    loaded: [],
    loadedAt: () => [],
    now,
    awayMs: 90_000,
    ...changes,
  })
}

test('a model is listed once with its machines and where it is in memory', () => {
  const said = loadedModels()
  said.set('ann', [small])
  const models = known({
    peers: [peer('ann', [small]), peer('bob', [small, large])],
    loadedAt: (agent) => said.get(agent) ?? [],
  })
  expect(models.map(({ digest, at }) => [digest, at.map(({ agent, loaded }) => [agent, loaded])])).toEqual([
    [
      small,
      [
        ['ann', true],
        ['bob', false],
      ],
    ],
    [large, [['bob', false]]],
  ])
  said.set('ann', [])
  expect(said.get('ann')).toEqual([])
})

describe('the claims of a card', () => {
  const { name, sha256, context_tokens } = catalogue[0] ?? expect.unreachable()
  const pinned = sha256 ?? expect.unreachable()
  const lying = (agent: string, model: { name: string; digest: string; context_tokens: number }): Peer => {
    const one = peer(agent, [model.digest])
    Object.assign(one.card.capabilities.inference, { models: [model] })
    return one
  }

  test('a card neither renames a pinned file nor changes its context', () => {
    const liar = lying('liar', { name: 'x', digest: pinned, context_tokens: 1 })
    expect(known({ peers: [liar] })).toMatchObject([{ name, digest: pinned, context_tokens }])
  })

  test("a card takes neither a pinned file's name nor one of more machines", () => {
    const files = [large, small, pinned].map((digest) => ({ name, digest, context_tokens: 512 }))
    const [other = expect.unreachable(), common = expect.unreachable(), real = expect.unreachable()] = files
    const peers = [lying('a', other), lying('b', common), lying('c', common), lying('d', real)]
    expect(known({ peers }).map(({ digest }) => digest)).toEqual([pinned, small, large])
    const resolved = resolveName(name, known({ peers }), [])
    expect(resolved).toMatchObject({ model: { digest: pinned } })
  })
})

test('an absent machine has no models', () => {
  expect(known({ peers: [peer('ann', [small], now - 90_001), peer('bob', [small], null)] })).toEqual([])
})

test("each machine's model has a name of its own, and routed models have none", () => {
  const names = meshModels(known({ peers: [peer('ann', [small])] }), ['upstream:paid']).map(
    ({ name }) => name,
  )
  expect(names).toEqual(['Model', 'ripple/auto', 'ripple/moe', 'peer:ann/Model', 'upstream:paid'])
})

test("the newest agents' loaded models are remembered, up to a bound", () => {
  const said = loadedModels()
  for (let n = 0; n <= limits.presence_agents_max; n += 1) said.set(`agent ${n}`, [small])
  expect([said.get('agent 0'), said.get('agent 1')]).toEqual([undefined, [small]])
})
