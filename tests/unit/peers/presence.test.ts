import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { Cards, sameMachine } from '../../../host/peers/cards.ts'
import type { LinkHandler } from '../../../host/peers/links.ts'
import { isOnline, PresenceBoard } from '../../../host/peers/presence.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import type { Link, Peer } from '../../../host/types/peer.ts'
import type { NodeCapability, Presence } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { AgentRegistry } from '../../../zomes-bindings/index.ts'

const load = { cpu_percent: 1, gpu_percent: 0, memory_percent: 2 }

function card(agent: AgentKey): NodeCapability {
  return {
    node_id: agent,
    agent_name: agent,
    capabilities: {
      compute: { cpu_cores: 2, cpu_arch: 'x86_64', ram_gb: 8, gpu: null, gpus: [] },
      storage: { local_ssd_gb: 64, ipfs_pinned_gb: 0, s3_available_gb: 0 },
      inference: { models_loaded: [], models: [], max_batch_size: 1, tokens_per_second: 0 },
      memory: { vector_shards: 0, redis_memory_gb: 0 },
    },
    network: { bandwidth_mbps: 0, latency_region: '' },
    availability: 'online',
    load,
    last_heartbeat: '2026-01-01T00:00:00Z',
    tags: [],
    peer: { public_key: '0'.repeat(64), signature: '0'.repeat(128) },
    agent_version: '0.1.0',
  }
}

const beatOf = (reply: boolean): Presence => ({
  addresses: [],
  availability: 'online',
  load,
  held_grants: 0,
  reply,
})

/** A machine 'me' whose registry holds these agents' cards, on a clock that the test moves. */
function machine(...agents: AgentKey[]) {
  const listed = agents.map((agent) => ({ agent, card: card(agent), at: 1 }))
  const sent: Array<{ to: readonly AgentKey[]; reply: boolean; card: boolean; availability: string }> = []
  const named: AgentKey[] = ['me']
  const registry: AgentRegistry = {
    capabilities: { publish: vi.fn(async () => 'hash'), mine: async () => card('me') },
    heartbeat: { beat: async () => {} },
    discovery: { cards: async () => [...listed], byCapability: async () => [] },
  }
  let now = 1_000_000
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const clock = {
    now: () => now,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const pass = async (ms: number) => {
    const end = now + ms
    for (;;) {
      await settle()
      const [next] = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      sleepers.delete(next)
      now = Math.max(now, next.at)
      next.wake()
    }
    now = end
  }
  const owner = { pauses: false }
  const links = new Map<AgentKey, Link>()
  let linked: LinkHandler = () => {}
  const link = (agent: AgentKey, state: Link['state']) => {
    const before = links.get(agent) ?? null
    const next = { state, at: now, openedAt: state === 'open' ? now : (before?.openedAt ?? now) }
    links.set(agent, next)
    linked(agent, next, before)
  }
  const unaccepted = new Set<AgentKey>()
  const board = new PresenceBoard({
    agent: 'me',
    accepts: (agent) => !unaccepted.has(agent),
    links: {
      of: (agent) => links.get(agent) ?? null,
      onChange: (handler) => {
        linked = handler
        return () => true
      },
    },
    cards: new Cards(registry),
    say: async (to, { presence: { reply, availability }, card: own }) =>
      void sent.push({ to: to.map(({ agent }) => agent), reply, card: own?.node_id === 'me', availability }),
    describe: async () => ({ addresses: [], availability: 'online', load, held_grants: 0 }),
    pausedForOthers: () => owner.pauses,
    agents: async () => named,
    clock,
    onError: (error) => {
      throw error
    },
  })
  return { board, owner, sent, pass, listed, named, registry, link, unaccepted, now: () => now }
}

describe('PresenceBoard', () => {
  test('a machine beats at once with a request for answers, then regularly without', async () => {
    const { board, sent, pass } = machine('me', 'ann', 'bob')
    await pass(0)
    expect(sent).toEqual([{ to: ['ann', 'bob'], reply: true, card: true, availability: 'online' }])
    for (const agent of ['ann', 'bob']) board.hear(agent, beatOf(false), null, 'stream')
    await pass(limits.presence_every_ms)
    expect(sent[1]).toEqual({ to: ['ann', 'bob'], reply: false, card: false, availability: 'online' })
    expect(sent).toHaveLength(2)
    await board[Symbol.asyncDispose]()
    expect(sent.at(-1)).toMatchObject({ to: ['ann', 'bob'], availability: 'offline' })
  })

  test('a paused machine shows itself as draining to others and online to itself', async () => {
    const { board, owner, sent, pass } = machine('me', 'ann')
    await pass(0)
    owner.pauses = true
    board.beatNow()
    await pass(limits.presence_answer_ms)
    expect(sent.at(-1)).toMatchObject({ to: ['ann'], availability: 'draining' })
    const own = () => board.peers().find(({ agent }) => agent === 'me')?.presence?.availability
    expect(own()).toBe('online')
    owner.pauses = false
    board.beatNow()
    await pass(limits.presence_answer_ms)
    expect(sent.at(-1)).toMatchObject({ to: ['ann'], availability: 'online' })
    await board[Symbol.asyncDispose]()
  })

  test('a machine greets agents that the network names but whose cards have not come', async () => {
    const { board, sent, pass, named } = machine('me', 'ann')
    await pass(0)
    board.hear('ann', beatOf(false), null, 'stream')
    named.push('bob')
    await pass(limits.presence_look_ms)
    expect(sent.slice(1)).toEqual([{ to: ['bob'], reply: true, card: true, availability: 'online' }])
    board.hear('bob', beatOf(false), card('bob'), 'stream')
    await pass(limits.presence_every_ms)
    expect(sent.slice(2)).toEqual([{ to: ['bob', 'ann'], reply: false, card: false, availability: 'online' }])
    await board[Symbol.asyncDispose]()
  })

  test('peers that have not answered are asked again at growing intervals', async () => {
    const { board, sent, pass } = machine('me', 'ann', 'bob', 'cid')
    await pass(0)
    board.hear('ann', beatOf(false), null, 'stream')
    await pass(limits.presence_look_ms)
    expect(sent.slice(1)).toMatchObject([{ to: ['bob', 'cid'], reply: true }])
    board.hear('bob', beatOf(false), null, 'stream')
    await pass(limits.presence_every_ms - limits.presence_look_ms - 1)
    expect(sent.slice(2).map(({ to }) => to)).toEqual([['cid'], ['cid']])
    await pass(limits.presence_every_ms)
    expect(sent.slice(4)).toMatchObject([
      { to: ['ann', 'bob', 'cid'], reply: false },
      { to: ['cid'], reply: true },
    ])
    await board[Symbol.asyncDispose]()
  })

  test('a peer whose beat was lost counts as present by its other messages', async () => {
    const { board, pass, now } = machine('me', 'ann')
    await pass(0)
    const told = vi.fn()
    board.onPeers(told)
    const there = () => board.peers().some((peer) => peer.agent === 'ann' && isOnline(peer, now()))
    board.seen('ann', 'stream')
    expect([there(), told.mock.calls.length]).toEqual([true, 1])
    board.seen('ann', 'stream')
    expect(told).toHaveBeenCalledTimes(1)
    board.hear('ann', { ...beatOf(false), availability: 'offline' }, null, 'stream')
    board.seen('ann', 'stream')
    expect(there()).toBe(false)
    await pass(limits.presence_answer_ms)
    board.seen('ann', 'stream')
    expect(there()).toBe(true)
    await board[Symbol.asyncDispose]()
  })

  test('a peer whose connection ended and could not be dialled counts as away at once', async () => {
    const { board, pass, link, now } = machine('me', 'ann')
    await pass(0)
    let told: readonly Peer[] = []
    board.onPeers((peers) => {
      told = peers
    })
    const ann = () => told.find(({ agent }) => agent === 'ann')
    link('ann', 'open')
    expect(ann()).toMatchObject({ seenAt: now(), seenBy: 'connection' })
    await pass(1_000)
    board.hear('ann', beatOf(false), null, 'stream')
    link('ann', 'closed')
    expect([ann()?.seenBy, ann() && isOnline(ann() as Peer, now())]).toEqual(['stream', true])
    link('ann', 'failed')
    expect(ann() && isOnline(ann() as Peer, now())).toBe(false)
    await board[Symbol.asyncDispose]()
  })

  test('a peer that can be dialled again is asked for its state', async () => {
    const { board, sent, pass, link } = machine('me', 'ann')
    await pass(limits.presence_answer_ms)
    for (const state of ['open', 'closed', 'open', 'failed', 'open'] as const) link('ann', state)
    await pass(0)
    expect(sent.slice(1)).toEqual([{ to: ['ann'], reply: true, card: true, availability: 'online' }])
    await board[Symbol.asyncDispose]()
  })

  test('a machine waits to be accepted here, or there, or no more', async () => {
    const { board, pass, unaccepted, now } = machine('me', 'ann', 'bob')
    await pass(0)
    for (const agent of ['ann', 'bob']) board.hear(agent, beatOf(false), null, 'stream')
    unaccepted.add('ann')
    board.noteAcceptance('ann', false)
    board.noteAcceptance('bob', false)
    const shown = () =>
      board.peers().map((peer) => `${peer.agent} ${peer.waiting} ${isOnline(peer, now()) ? 'usable' : ''}`)
    expect(shown()).toEqual(['me null usable', 'ann here ', 'bob there '])
    unaccepted.delete('ann')
    board.noteAcceptance('bob', true)
    expect(shown()).toEqual(['me null usable', 'ann there ', 'bob null usable'])
    await board[Symbol.asyncDispose]()
  })

  test('a card that was written since the start is a proof of life, and an older one is not', async () => {
    const { board, pass, listed, now } = machine('me', 'old')
    await pass(limits.presence_answer_ms)
    listed.push({ agent: 'new', card: card('new'), at: now() })
    listed.push({ agent: 'fast', card: card('fast'), at: now() + 60_000 })
    board.beatNow()
    await pass(0)
    const proof = Object.fromEntries(board.peers().map(({ agent, seenBy }) => [agent, seenBy]))
    expect(proof).toMatchObject({ old: null, new: 'card', fast: null })
    await board[Symbol.asyncDispose]()
  })

  test('a message after missed beats is reported before its peer counts as away', async () => {
    const { board, pass, now } = machine('me', 'ann')
    await pass(0)
    let told: readonly Peer[] = []
    board.onPeers((peers) => {
      told = peers
    })
    // Out of step with the own beats, each of which tells too.
    await pass(limits.presence_every_ms / 2)
    board.hear('ann', beatOf(false), null, 'stream')
    await pass(limits.presence_every_ms * limits.presence_missed_max - 1)
    board.seen('ann', 'stream')
    await pass(2)
    expect(told.filter((peer) => isOnline(peer, now())).map(({ agent }) => agent)).toEqual(['me', 'ann'])
    await board[Symbol.asyncDispose]()
  })

  test('a beat that asks is answered, at a bounded rate', async () => {
    const { board, sent, pass } = machine('me', 'ann')
    await pass(0)
    for (let times = 0; times < 5; times += 1) board.hear('ann', beatOf(true), null, 'stream')
    await pass(0)
    expect(sent.slice(1)).toEqual([{ to: ['ann'], reply: false, card: true, availability: 'online' }])
    board.hear('ann', beatOf(false), null, 'stream')
    await pass(0)
    expect(sent).toHaveLength(2)
    await board[Symbol.asyncDispose]()
  })

  test('the card of a newly heard peer is looked up', async () => {
    const { board, pass, listed } = machine('me')
    await pass(limits.presence_answer_ms)
    const seen = vi.fn()
    board.onPeers(seen)
    listed.push({ agent: 'new', card: card('new'), at: 2 })
    board.hear('new', beatOf(false), null, 'stream')
    await pass(limits.presence_answer_ms)
    expect(board.peers().map(({ agent }) => agent)).toEqual(['me', 'new'])
    expect(board.peers()[1]?.presence).toEqual(beatOf(false))
    expect(seen).toHaveBeenCalled()
    await board[Symbol.asyncDispose]()
  })

  test('a lone machine asks each new machine for an answer', async () => {
    const { board, sent, pass, listed } = machine('me')
    await pass(limits.presence_answer_ms)
    listed.push({ agent: 'new', card: card('new'), at: 2 })
    await pass(limits.presence_look_ms)
    expect(sent).toEqual([{ to: ['new'], reply: true, card: true, availability: 'online' }])
    board.hear('new', beatOf(false), null, 'stream')
    listed.push({ agent: 'later', card: card('later'), at: 3 })
    await pass(2 * limits.presence_look_ms)
    expect(sent).toHaveLength(1)
    await board[Symbol.asyncDispose]()
  })

  test('a machine sends its card to named agents whose cards the DHT lacks', async () => {
    const { board, sent, pass, listed, named } = machine('me')
    await pass(0)
    named.push('new')
    await pass(limits.presence_answer_ms)
    expect(sent).toEqual([{ to: ['new'], reply: true, card: true, availability: 'online' }])
    board.hear('new', beatOf(false), card('new'), 'stream')
    expect(board.peers().map(({ agent }) => agent)).toEqual(['new', 'me'])
    await pass(3 * limits.presence_look_ms)
    expect(sent).toHaveLength(1)
    listed.push({ agent: 'new', card: { ...card('new'), agent_name: 'by the DHT' }, at: 2 })
    await pass(limits.presence_every_ms)
    board.hear('new', beatOf(false), card('new'), 'stream')
    expect(board.peers().map(({ card }) => card.agent_name)).toEqual(['me', 'by the DHT'])
    await board[Symbol.asyncDispose]()
  })

  test('a bounded number of introduced cards is kept', async () => {
    const { board, pass } = machine('me')
    await pass(0)
    for (let n = 0; n <= limits.introduced_cards_max; n += 1)
      board.hear(`peer-${n}`, beatOf(false), card(`peer-${n}`), 'stream')
    const agents = board.peers().map(({ agent }) => agent)
    expect(agents).toHaveLength(limits.introduced_cards_max + 1)
    expect(agents).not.toContain('peer-0')
    await board[Symbol.asyncDispose]()
  })

  test('a peer counts as offline after the missed beats or by its own word', async () => {
    const { board, pass, now } = machine('me', 'ann', 'bob')
    await pass(0)
    const online = () =>
      board
        .peers()
        .filter((peer) => isOnline(peer, now()))
        .map(({ agent }) => agent)
    expect(online()).toEqual(['me'])
    board.hear('ann', beatOf(false), null, 'stream')
    board.seen('bob', 'stream')
    expect(online()).toEqual(['me', 'ann', 'bob'])
    await pass(limits.presence_every_ms * limits.presence_missed_max + 1)
    expect(online()).toEqual(['me'])
    board.hear('ann', { ...beatOf(false), availability: 'offline' }, null, 'stream')
    expect(online()).toEqual(['me'])
    await board[Symbol.asyncDispose]()
  })
})

describe('Cards', () => {
  test('a card is written only if something lasting has changed', async () => {
    const { board, registry } = machine('me')
    const cards = new Cards(registry)
    const signal = new AbortController().signal
    expect(await cards.publish({ ...card('me'), load: { ...load, cpu_percent: 99 } }, signal)).toBe(false)
    expect(await cards.publish({ ...card('me'), tags: ['gpu:true'] }, signal)).toBe(true)
    expect(registry.capabilities.publish).toHaveBeenCalledOnce()
    await board[Symbol.asyncDispose]()
  })

  test.each([
    [0, 0, null],
    [0, 1, 1],
    [40, 80, null],
    [40, 81, 81],
    [40, 20, null],
    [40, 19, 19],
    [40, 0, 0],
  ])('a speed of %i that becomes %i is written as %s', async (was, is, written) => {
    const { board, registry } = machine('me')
    const withSpeed = (tokens_per_second: number): NodeCapability => {
      const { capabilities, ...rest } = card('me')
      return {
        ...rest,
        capabilities: { ...capabilities, inference: { ...capabilities.inference, tokens_per_second } },
      }
    }
    const { publish } = registry.capabilities
    const zomes = { ...registry, capabilities: { publish, mine: async () => withSpeed(was) } }
    const signal = new AbortController().signal
    expect(await new Cards(zomes).publish(withSpeed(is), signal)).toBe(written !== null)
    if (written !== null) expect(publish).toHaveBeenCalledWith(withSpeed(written), signal)
    await board[Symbol.asyncDispose]()
  })

  test("load, availability and time of a card do not make it another machine's", () => {
    const one = card('me')
    const busy = { ...load, cpu_percent: 50 }
    expect(sameMachine(one, { ...one, load: busy, availability: 'draining', last_heartbeat: 'later' })).toBe(
      true,
    )
    expect(sameMachine(one, { ...one, agent_version: '0.2.0' })).toBe(false)
  })
})
