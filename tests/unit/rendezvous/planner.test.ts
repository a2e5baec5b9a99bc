import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rendezvousLimits } from '../../../host/limits/rendezvous.ts'
import type { RendezvousAct } from '../../../host/rendezvous/effect.ts'
import type { Sighting } from '../../../host/rendezvous/hello.ts'
import type { RendezvousEvent, RendezvousInput } from '../../../host/rendezvous/input.ts'
import { rendezvousPlanner } from '../../../host/rendezvous/planner.ts'
import { helloOf, newState, type RendezvousState, sightingOf } from '../../../host/rendezvous/state.ts'

const boot = 1_000_000
const { server_settle_ms, hello_failures_max } = rendezvousLimits

/** Returns the state of machine `m` after some inputs. */
function stateAfter(inputs: readonly RendezvousInput[], state = newState('m', boot)): RendezvousState {
  return inputs.reduce((sum, input) => rendezvousPlanner.apply(sum, input), state)
}

/** Returns the effects of the machine itself at a time, without their pace. */
function acts(state: RendezvousState, now: number): RendezvousAct[] {
  const { actions } = rendezvousPlanner.planOf(state, 'm', now)
  return actions.map(({ owner: _owner, verb: _verb, tries: _tries, ...act }) => act)
}

/** Whether the machine greets a peer at a time. */
function greets(state: RendezvousState, peer: string, now: number): boolean {
  return rendezvousPlanner.planOf(state, peer, now).actions.length > 0
}

function sighting(server: string, fields: Partial<Sighting> = {}): Sighting {
  return { server, since: boot - 5_000, isUsed: false, pulse: 10, hops: 0, via: null, ...fields }
}

function heard(peer: string, seen: Sighting | null, at = boot, able = true): RendezvousEvent[] {
  return [
    { type: 'opened', peer, at },
    { type: 'heard', peer, hello: { sighting: seen, able }, isAnswer: true, at },
  ]
}

describe('a machine without a server', () => {
  test('starts its own if nobody is there', () => {
    expect(acts(stateAfter([]), boot + server_settle_ms - 1)).toEqual([])
    expect(acts(stateAfter([]), boot + server_settle_ms)).toEqual([{ type: 'start_server' }])
  })

  test.each([
    { peer: 'a', able: true, starts: false, why: 'a peer of a lesser id that can serve' },
    { peer: 'a', able: false, starts: true, why: 'a peer of a lesser id that cannot serve' },
    { peer: 'z', able: true, starts: true, why: 'a peer of a greater id' },
  ])('waits for the right one: $why', ({ peer, able, starts }) => {
    const state = stateAfter(heard(peer, null, boot, able))
    expect(acts(state, boot + server_settle_ms)).toEqual(starts ? [{ type: 'start_server' }] : [])
  })

  test('waits for a peer of a lesser id only for a while', () => {
    const state = stateAfter(heard('a', null))
    expect(acts(state, boot + rendezvousLimits.server_patience_ms)).toEqual([{ type: 'start_server' }])
  })

  test('waits for a connected peer that has yet to say hello', () => {
    const state = stateAfter([{ type: 'opened', peer: 'z', at: boot }])
    expect(acts(state, boot + server_settle_ms)).toEqual([])
    const silent = stateAfter([{ type: 'unanswered', peer: 'z', at: boot }], state)
    expect(acts(silent, boot + server_settle_ms)).toEqual([{ type: 'start_server' }])
  })

  test('leaves the place to others after its server failed, longer each time', () => {
    const once = stateAfter([{ type: 'server_failed', at: boot }])
    expect(helloOf(once, boot + 4_999).able).toBe(false)
    expect(helloOf(once, boot + 5_000).able).toBe(true)
    expect(acts(once, boot + 4_999)).toEqual([])
    const twice = stateAfter([{ type: 'server_failed', at: boot + 5_000 }], once)
    expect(helloOf(twice, boot + 14_999).able).toBe(false)
    expect(helloOf(twice, boot + 15_000).able).toBe(true)
  })

  test('asks a bounded number of peers, and more for each that does not answer', () => {
    const peers = Array.from({ length: 100 }, (_, index) => `a${index}`)
    const state = stateAfter(peers.flatMap((peer) => heard(peer, null)))
    const asked = (one: RendezvousState) => peers.filter((peer) => greets(one, peer, boot + 1_500)).length
    expect(asked(state)).toBe(rendezvousLimits.asked_first)
    const silent = stateAfter([{ type: 'unanswered', peer: 'a0', at: boot + 1_400 }], state)
    expect(asked(silent)).toBe(rendezvousLimits.asked_first + 2)
  })
})

describe('a machine that hears of a server', () => {
  test('points at the peer that has it, and passes it on with one hop more', () => {
    const state = stateAfter(heard('z', sighting('b', { hops: 1, via: 'b' })))
    expect(acts(state, boot)).toEqual([{ type: 'point_at', to: 'z' }])
    expect(sightingOf(state)).toEqual(sighting('b', { hops: 2, via: 'z' }))
  })

  test.each([
    ['leads back to this machine', sighting('b', { hops: 2, via: 'm' })],
    ['names this machine, which does not serve', sighting('m', { hops: 1, via: 'z' })],
    ['has too many hops', sighting('b', { hops: rendezvousLimits.hops_max, via: 'z' })],
  ])('ignores a sighting that %s', (_why, seen) => {
    expect(sightingOf(stateAfter(heard('z', seen)))).toBeNull()
  })

  test.each([
    { since: boot - 1, isUsed: false, to: 'z', why: 'the other is older' },
    { since: boot + 1, isUsed: false, to: 'm', why: 'its own is older' },
    { since: boot, isUsed: false, to: 'm', why: 'both are as old, and its id is less' },
    { since: boot + 1, isUsed: true, to: 'z', why: 'only the other is used' },
  ])('chooses one server of two: $why', ({ since, isUsed, to }) => {
    const own = stateAfter([{ type: 'server_up', at: boot }])
    const state = stateAfter(heard('z', sighting('z', { since, isUsed })), own)
    expect(acts(state, boot)).toEqual([{ type: 'point_at', to }])
    const pointed = stateAfter([{ type: 'pointed', to, at: boot }], state)
    expect(acts(pointed, boot)).toEqual(to === 'z' ? [{ type: 'stop_server' }] : [])
  })

  test('keeps to it when a server comes up here that was being started', () => {
    const state = stateAfter([
      ...heard('z', sighting('z', { since: boot + 60_000 })),
      { type: 'server_up', at: boot },
    ])
    expect(sightingOf(state)?.server).toBe('z')
  })

  test('keeps its way while it is as short as another', () => {
    const state = stateAfter([
      ...heard('z', sighting('s', { hops: 1, via: 's' })),
      ...heard('b', sighting('s', { hops: 1, via: 's', pulse: 11 })),
    ])
    expect(state.route?.via).toBe('z')
    const shorter = stateAfter(heard('s', sighting('s', { pulse: 12 })), state)
    expect(shorter.route?.via).toBe('s')
  })

  test('loses it with the connection, and believes only newer sightings of it from then on', () => {
    const state = stateAfter([
      ...heard('s', sighting('s', { pulse: 10 })),
      { type: 'closed', peer: 's', at: boot },
    ])
    expect(sightingOf(state)).toBeNull()
    const old = stateAfter(heard('b', sighting('s', { pulse: 10, hops: 1, via: 's' })), state)
    expect(sightingOf(old)).toBeNull()
    const fresh = stateAfter(heard('b', sighting('s', { pulse: 11, hops: 1, via: 's' })), state)
    expect(fresh.route?.via).toBe('b')
  })

  test('loses it after several greetings without an answer', () => {
    const unanswered = { type: 'unanswered', peer: 's', at: boot } as const
    const nearly = stateAfter([
      ...heard('s', sighting('s')),
      ...Array.from({ length: hello_failures_max - 1 }, () => unanswered),
    ])
    expect(nearly.route?.via).toBe('s')
    expect(stateAfter([unanswered], nearly).route).toBeNull()
  })

  test('loses it when its pulse stands still', () => {
    const again = { ...heard('s', sighting('s'))[1], at: boot + rendezvousLimits.sighting_fresh_ms }
    expect(stateAfter([...heard('s', sighting('s')), again as RendezvousEvent]).route).toBeNull()
  })
})

test('a server raises its pulse with each hello', () => {
  const state = stateAfter([{ type: 'server_up', at: boot }, ...heard('z', null), ...heard('y', null)])
  expect(sightingOf(state)?.pulse).toBe(2)
})

test('a server is used while a machine that points at it says hello', () => {
  const user = sighting('m', { since: boot, hops: 1, via: 'm' })
  const state = stateAfter([{ type: 'server_up', at: boot }, ...heard('z', user)])
  const until = boot + rendezvousLimits.sighting_fresh_ms
  expect(helloOf(state, until - 1).sighting?.isUsed).toBe(true)
  expect(helloOf(state, until).sighting?.isUsed).toBe(false)
  const resumed = stateAfter([{ type: 'resumed', at: boot + 6_000 }], state)
  expect(helloOf(resumed, boot + 6_000).sighting?.isUsed).toBe(false)
})

test('a machine that slept greets its peers again', () => {
  const state = stateAfter([{ type: 'server_up', at: boot }, ...heard('z', null)])
  const resumed = stateAfter([{ type: 'resumed', at: boot + 6_000 }], state)
  expect(greets(resumed, 'z', boot + 6_000)).toBe(true)
})

test('a peer is told of another server once, by the one of the lesser id first', () => {
  const up: RendezvousEvent = { type: 'server_up', at: boot + 1 }
  const state = stateAfter([...heard('a', null), ...heard('z', null), up])
  expect(greets(state, 'z', boot + 1)).toBe(true)
  expect(greets(state, 'a', boot + 1)).toBe(false)
  expect(greets(state, 'a', boot + 1 + rendezvousLimits.hello_second_ms)).toBe(true)
  const told: RendezvousEvent = {
    type: 'heard',
    peer: 'a',
    hello: { sighting: sighting('m', { since: boot + 1, via: 'm', hops: 1 }), able: true },
    isAnswer: false,
    at: boot + 2,
  }
  expect(greets(stateAfter([told], state), 'a', boot + 3_600_000)).toBe(false)
})

test('the known peers are bounded', () => {
  const found = Array.from({ length: 2 * rendezvousLimits.rendezvous_peers_max }, (_, index) => ({
    type: 'found' as const,
    peer: `p${index}`,
    at: boot,
  }))
  expect(stateAfter(found).neighbours.size).toBe(rendezvousLimits.rendezvous_peers_max)
})

test('a peer that stays out of reach is forgotten', () => {
  const { rendezvous_peer_ms } = rendezvousLimits
  const state = stateAfter([
    { type: 'found', peer: 'z', at: boot },
    { type: 'unanswered', peer: 'z', at: boot + rendezvous_peer_ms },
  ])
  expect(state.neighbours.size).toBe(0)
})

test('any sequence of inputs leaves one way at most, over an open connection, to another machine', () => {
  const peer = fc.constantFrom('a', 'b', 'm', 'z')
  const seen = fc.record({
    server: peer,
    since: fc.integer({ min: boot - 3, max: boot + 3 }),
    isUsed: fc.boolean(),
    pulse: fc.nat(5),
    hops: fc.nat(40),
    via: fc.option(peer),
  })
  const hello = fc.record({ sighting: fc.option(seen), able: fc.boolean() })
  const input: fc.Arbitrary<(at: number) => RendezvousInput> = fc
    .oneof(
      fc.record({ type: fc.constantFrom('found', 'opened', 'closed', 'unanswered'), peer }),
      fc.record({ type: fc.constant('heard' as const), peer, hello, isAnswer: fc.boolean() }),
      fc.record({ type: fc.constantFrom('server_up', 'server_failed', 'server_stopped', 'resumed') }),
    )
    .map((fields) => (at: number) => ({ ...fields, at }) as RendezvousInput)
  fc.assert(
    fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
      let state = newState('m', boot)
      for (const [index, make] of inputs.entries()) {
        state = rendezvousPlanner.apply(state, make(boot + index * 700))
        const { route } = state
        expect(state.neighbours.has('m')).toBe(false)
        if (!route) continue
        expect(state.neighbours.get(route.via)?.isConnected).toBe(true)
        expect(route.sighting.server).not.toBe('m')
        expect(route.sighting.hops).toBeLessThanOrEqual(rendezvousLimits.hops_max)
      }
    }),
  )
})

test('an answer that crossed the peer’s own hello replaces it by nothing, and another exchange follows', () => {
  const [opened, hello] = heard('z', sighting('s', { hops: 1, via: 's' }), boot + 10)
  const begun: RendezvousInput = { type: 'begun', owner: 'z', verb: 'greet', tries: 1, at: boot + 5 }
  const old = { type: 'heard', peer: 'z', hello: { sighting: null, able: true }, isAnswer: true } as const
  const state = stateAfter([
    { ...opened, at: boot } as RendezvousEvent,
    begun,
    { ...hello, isAnswer: false } as RendezvousEvent,
    { ...old, at: boot + 20 },
    { ...begun, type: 'ended', ok: true },
  ])
  expect(state.route?.via).toBe('z')
  expect(greets(state, 'z', boot + 20 + rendezvousLimits.hello_lacking_ms)).toBe(true)
})
