// Tests of when the card of a start is written.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  openRegistry,
  publishFirst,
  type RegistryNeeds,
} from '../../../../host/daemon/compose/open-registry.ts'
import { compareHeads } from '../../../../host/daemon/peers/compare-chain-heads.ts'
import type { ChainHeadStore } from '../../../../host/dht/fork-guard/chain-head-store.ts'
import { type ChainReader, ForkGuard } from '../../../../host/dht/fork-guard/fork-guard.ts'
import { limits } from '../../../../host/limits.ts'
import type { Message } from '../../../../host/types/message.ts'
import { systemClock } from '../../../../host/work/context/clock.ts'
import type { NodeCapability, Presence } from '../../../../zomes-bindings/generated/agent-registry.ts'
import type { CardOf } from '../../../../zomes-bindings/index.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { cardOf } from '../../../harness/sim/card.ts'

const [self, bob] = ['uhCAkSelf', 'uhCAkBob']
const chain = { role: 'agent_registry', seed: 'net', dna: 'uhC0kRegistry' }
const signal = new AbortController().signal
const known = (agent: string): CardOf => ({ agent, card: cardOf(agent, { name: agent }), at: 1 })
const beat: Presence = {
  addresses: [],
  availability: 'online',
  load: cardOf(bob, { name: bob }).load,
  held_grants: 0,
  reply: false,
}
/** The own chain as this machine's conductor holds it. */
const reader: ChainReader = {
  headAfter: async (_dna, from) => (from === null || from === 'uhCkk1' ? 'uhCkk1' : null),
  reaches: async (_dna, seq) => seq <= 1,
  isWhole: async () => true,
}

let guard: ForkGuard
let stack: AsyncDisposableStack
/** Cards that were written to the own chain. */
let written: NodeCapability[]
/** Cards that were sent by signal, and their receivers. */
let told: { card: NodeCapability | null; to: readonly string[] }[]
let sent: { to: string; message: Message }[]
/** The warnings in the log. */
let warned: unknown[]
/** Models of this machine. */
let models: object[]
let heard: (from: string, message: Message) => void

beforeEach(() => {
  const book = { get: () => null, note: () => {}, ofSeed: () => [] } as unknown as ChainHeadStore
  stack = new AsyncDisposableStack()
  guard = stack.use(
    new ForkGuard(
      () => book,
      () => {},
    ),
  )
  written = []
  told = []
  warned = []
  models = []
  sent = []
})
afterEach(async () => {
  await stack.disposeAsync()
  vi.restoreAllMocks()
})

/** Opens what a start opens until its card is to be written, on a machine that has these cards and meets these agents. */
async function start(cards: CardOf[], named: string[]) {
  const call = async (_role: string, _zome: string, fn: string, payload: unknown) => {
    if (fn === 'cards') return cards
    if (fn === 'mine') return cards.find(({ agent }) => agent === self)?.card ?? null
    if (fn === 'beat') {
      const { word, to } = payload as { word: { card: NodeCapability | null }; to: string[] }
      told.push({ card: word.card, to })
    }
    if (fn !== 'publish') return null
    await guard.allow(chain.dna, signal)
    written.push(payload as NodeCapability)
    return 'uhCkk2'
  }
  const messages = {
    send: async (to: string, message: Message) => void sent.push({ to, message }),
    sendByStream: () => Promise.reject(new TypeError('nobody is reached')),
    onMessage: (handler: typeof heard) => {
      heard = handler
      return () => {}
    },
  }
  const needs = {
    config: { data: '/', name: 'me', region: null, tags: [], share: { cores: null, memory_mib: null } },
    conductor: {
      agent: self,
      call,
      guard,
      agents: async () => named,
      status: () => ({ state: 'ready' }),
      onRestored: () => () => {},
    },
    node: {
      libp2p: new EventTarget(),
      addresses: () => [],
      bind: async () => cardOf(self, { name: self }).peer,
    },
    models: { present: () => models },
    artifacts: { ls: async () => [] },
    book: { update: async () => {}, lookup: () => null },
    messages,
    acceptance: { accepts: () => true },
    clock: systemClock,
    journal: new MemoryJournal(),
    emit: (event: unknown) => void warned.push(event),
    heldGrants: () => 0,
    draining: () => false,
    pausedForOthers: () => false,
    modelMemory: () => Number.POSITIVE_INFINITY,
    loadedModels: () => [],
    gpu: () => null,
    gpuBusyMs: () => 0,
  } as unknown as RegistryNeeds
  const registry = await openRegistry(needs, stack)
  expect(written).toEqual([])
  const { presence } = registry
  const peers = { peers: () => presence.peers(), onPeers: (changed: () => void) => presence.onPeers(changed) }
  stack.use(compareHeads({ ...needs, ...peers }))
  return registry
}

test('a model with control characters in its name is logged once and not on the card', async () => {
  await guard.begin([{ ...chain, fresh: false }], [], reader)
  models = [{ name: 'bad\u001b[31m', sha256: 'a'.repeat(64), bytes: 1, context_tokens: 8 }]
  const registry = await start([known(bob)], [self])
  await registry.publish(signal)
  expect(written).toHaveLength(1)
  expect(JSON.stringify(written)).not.toContain('[31m')
  expect(warned).toContainEqual({ type: 'model_unnamed', name: '"bad\\u001b[31m"' })
  expect(warned).toHaveLength(1)
})

describe('the card of a start', () => {
  test.each([
    ['is written if a peer holds no more of the own chain', null, 1],
    ['is not written if a peer holds more', 2, 0],
  ])("a start's card %s", async (_what, seq, writes) => {
    await guard.begin([{ ...chain, fresh: false }], [], reader)
    const registry = await start([known(self), known(bob)], [self])
    const first = publishFirst(registry, signal)
    registry.presence.hear(bob, beat, null, 'signal')
    const question = { type: 'heads', chains: [{ dna: chain.dna, head: 'uhCkk1' }] }
    await vi.waitFor(() => expect(sent).toEqual([{ to: bob, message: question }]))
    expect(written).toEqual([])
    heard(bob, { type: 'heads_ahead', chains: [{ dna: chain.dna, seq }] })
    await first
    expect(written).toHaveLength(writes)
    expect(guard.refusal()?.code).toBe(seq === null ? undefined : 'RIPPLE_CHAIN_BEHIND')
  })

  test.each([
    ['whose cards are here', [known(self), known(bob)], [self]],
    ['that the network names', [known(self)], [self, bob]],
  ])("a start's card waits for peers %s, but not for ever", async (_what, cards, named) => {
    const now = performance.now.bind(performance)
    let passed = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passed)
    await guard.begin([{ ...chain, fresh: false }], [], reader)
    passed += 10 * limits.peers_view_ms
    const first = publishFirst(await start(cards, named), signal)
    await new Promise((done) => setTimeout(done, 2 * limits.head_look_ms))
    expect(written).toEqual([])
    passed += limits.peers_view_ms
    await first
    expect(written).toHaveLength(1)
  })

  test("a start's card waits for nobody if nobody is known", async () => {
    await guard.begin([{ ...chain, fresh: false }], [], reader)
    const registry = await start([known(self)], [self])
    expect(guard.checking()).toBe(false)
    await publishFirst(registry, signal)
    expect(written).toHaveLength(1)
  })

  test('a new machine introduces itself before its card is written', async () => {
    await guard.begin([{ ...chain, fresh: true }], [], reader)
    await start([], [self, bob])
    await vi.waitFor(() => expect(told).toMatchObject([{ card: { agent_name: 'me' }, to: [bob] }]))
    expect(written).toEqual([])
  })
})
