import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Ranked, rank } from '../../../../host/mesh/placement/rank.ts'
import { scoreOf } from '../../../../host/mesh/placement/strategies.ts'
import { traitsOf, type Vantage } from '../../../../host/mesh/placement/traits.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { Placement, Prefer, Task } from '../../../../zomes-bindings/generated/resource-mesh.ts'
import { peer, taskEvent } from '../fixtures.ts'

const strategies = ['locality_aware_binpack', 'weighted_score'] as const
const prefers = ['any', 'nearest', 'cheapest', 'fastest'] as const
const placements: Placement[] = strategies.flatMap((strategy) =>
  prefers.map((prefer) => ({ prefer, strategy })),
)

function ranked(placement: Placement, changes: Partial<Task> = {}, hash = 'task'): Ranked {
  return taskEvent({ ...changes, placement }, hash)
}

interface Machine {
  readonly ram?: number
  readonly busy?: number
  readonly region?: string
  readonly speed?: number
  readonly held?: number
}

function machine(agent: string, { ram = 8, busy = 0, region = '', speed = 0, held = 0 }: Machine): Peer {
  const one = peer(agent, { ram_gb: ram })
  const { capabilities } = one.card
  const inference = { ...capabilities.inference, tokens_per_second: speed }
  const load = { cpu_percent: busy, gpu_percent: 0, memory_percent: 0 }
  return {
    ...one,
    card: {
      ...one.card,
      capabilities: { ...capabilities, inference },
      network: { bandwidth_mbps: 0, latency_region: region },
    },
    presence: { addresses: [], availability: 'online', load, held_grants: held, reply: false },
  }
}

const here: Vantage = { lost: new Set(), region: 'eu', here: null, allocated: new Set() }
const plain = ranked({ prefer: 'any', strategy: 'locality_aware_binpack' })
const names = (task: Ranked, list: readonly Peer[], vantage = here) =>
  rank(task, list, vantage).map((one) => one.agent)

const anyPeer = fc
  .record({
    agent: fc.string({ minLength: 1, maxLength: 4 }),
    ram: fc.integer({ min: 1, max: 64 }),
    busy: fc.integer({ min: 0, max: 100 }),
    region: fc.constantFrom('', 'eu', 'us'),
    speed: fc.integer({ min: 0, max: 500 }),
    held: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ agent, ...rest }) => machine(agent, rest))
const peers = fc.uniqueArray(anyPeer, { selector: (one) => one.agent, maxLength: 12 })
const anyTask = fc.constantFrom(...placements).map((placement) => ranked(placement))

describe('rank', () => {
  test('the ranking does not depend on the order of the list', () => {
    const shuffled = peers.chain((list) =>
      fc.tuple(anyTask, fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    fc.assert(
      fc.property(shuffled, ([task, list, other]) => {
        expect(rank(task, other, here)).toEqual(rank(task, list, here))
      }),
    )
  })

  test('the ranking keeps its order when peers come and go', () => {
    const some = peers.chain((list) => fc.tuple(anyTask, fc.constant(list), fc.subarray(list)))
    fc.assert(
      fc.property(some, ([task, list, part]) => {
        const kept = rank(task, list, here).filter((one) => part.includes(one))
        expect(rank(task, part, here)).toEqual(kept)
      }),
    )
  })

  test('the ranking prefers the tightest sufficient memory, and puts too small machines last', () => {
    const needy = ranked(plain.entry.placement, {
      requirements: { cpu_cores: 0, memory_mib: 8_192, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    })
    const list = [peer('huge', { ram_gb: 256 }), peer('small', { ram_gb: 4 }), peer('fits', { ram_gb: 12 })]
    expect(names(needy, list)).toEqual(['fits', 'huge', 'small'])
  })

  test.each(placements)('peers that lost an attempt come after all others: %j', (placement) => {
    const list = [peer('a'), peer('b'), peer('c')]
    const task = ranked(placement)
    const first = names(task, list)[0] ?? ''
    expect(names(task, list, { ...here, lost: new Set([first]) }).at(-1)).toBe(first)
  })

  test.each(placements)('tasks spread over equal peers: %j', (placement) => {
    const list = [peer('a'), peer('b'), peer('c')]
    const firsts = new Set(
      Array.from({ length: 50 }, (_, i) => names(ranked(placement, {}, `task ${i}`), list)[0]),
    )
    expect(firsts.size).toBe(3)
  })
})

describe.each(strategies)('%s', (strategy) => {
  const order = (prefer: Prefer, ...list: Peer[]) => names(ranked({ prefer, strategy }), list)

  test('`nearest` ranks the own region first, then other regions, then unknown ones', () => {
    const list = [machine('dark', {}), machine('far', { region: 'us' }), machine('near', { region: 'eu' })]
    expect(order('nearest', ...list)).toEqual(['near', 'far', 'dark'])
  })

  test('`cheapest` ranks the least busy peer first, because no price is known', () => {
    expect(order('cheapest', machine('busy', { busy: 80 }), machine('idle', { busy: 5 }))).toEqual([
      'idle',
      'busy',
    ])
  })

  test('`fastest` ranks idle peers by their tokens a second', () => {
    const list = [
      machine('slow', { speed: 20 }),
      machine('taken', { speed: 100, busy: 90 }),
      machine('fast', { speed: 60 }),
      machine('unmeasured', {}),
    ]
    expect(order('fastest', ...list).slice(0, 2)).toEqual(['fast', 'slow'])
  })

  test('a preference always wins in the binpack, and can be outweighed in the score', () => {
    const near = { ...machine('near', { region: 'eu', held: 4, busy: 100 }) }
    const noModel = { ...peer('near', { models: [] }), presence: near.presence }
    const bare = { ...noModel, card: { ...noModel.card, network: near.card.network } }
    const list = [bare, machine('far', { region: 'us' })]
    expect(order('nearest', ...list)[0]).toBe(strategy === 'weighted_score' ? 'far' : 'near')
  })
})

test('a score is between 0 and 1000, and falls with load and held grants', () => {
  fc.assert(
    fc.property(anyPeer, fc.constantFrom(...prefers), (one, prefer) => {
      const traits = traitsOf(plain.entry, one, here)
      const score = scoreOf(traits, prefer)
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1000)
      expect(scoreOf({ ...traits, held: traits.held + 1 }, prefer)).toBeLessThan(score)
      expect(scoreOf({ ...traits, busy: 100 }, prefer)).toBeLessThanOrEqual(score)
    }),
  )
})
