/** Applies inputs to the state of the rendezvous. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import { begunAt, withPace } from '../planning/effect-retry.ts'
import { PersistentMap } from '../planning/persistent-map.ts'
import type { Millis } from '../types/events.ts'
import { withAsked } from './asked.ts'
import type { PeerId, Sighting } from './hello.ts'
import type { RendezvousEvent, RendezvousInput } from './input.ts'
import { withoutRoute, withRoute } from './route.ts'
import { isSameServer, type Neighbour, type RendezvousState, sightingOf, withUse } from './state.ts'

/** Returns the state after an input. The function ignores an input that does not fit. */
export function apply(state: RendezvousState, input: RendezvousInput): RendezvousState {
  switch (input.type) {
    case 'begun':
      return begun({ ...state, pace: withPace(state.pace, input) }, input.owner)
    case 'ended':
      return { ...state, pace: withPace(state.pace, input) }
    case 'resumed':
      return withAsked(state, resumed(state, input.at), null)
    default: {
      const peer = 'peer' in input ? input.peer : null
      const after = withAsked(state, applyEvent(withUse(state, input.at), input), peer)
      return isSameServer(sightingOf(state), sightingOf(after)) ? after : { ...after, changedAt: input.at }
    }
  }
}

function applyEvent(state: RendezvousState, input: RendezvousEvent): RendezvousState {
  switch (input.type) {
    case 'found':
      return found(state, input.peer, input.at)
    case 'opened':
      return opened(state, input.peer, input.at)
    case 'closed':
      return closed(state, input.peer, input.at)
    case 'heard':
      return heard(state, input)
    case 'unanswered':
      return unanswered(state, input.peer, input.at)
    case 'server_up':
      return { ...state, own: newServer(state.self, input.at) }
    case 'server_failed':
      return serverFailed(state, input.at)
    case 'server_stopped':
      return { ...state, own: null }
    case 'pointed':
      return { ...state, pointed: input.to }
  }
}

/** Notes the sighting that a greeting carries. */
function begun(state: RendezvousState, owner: string): RendezvousState {
  const neighbour = state.neighbours.get(owner)
  return neighbour ? withNeighbour(state, { ...neighbour, telling: sightingOf(state) }) : state
}

function found(state: RendezvousState, peer: PeerId, at: Millis): RendezvousState {
  const known = state.neighbours.get(peer)
  if (known) return known.isConnected ? state : withNeighbour(state, { ...known, since: at })
  const isFull = state.neighbours.size >= rendezvousLimits.rendezvous_peers_max
  return isFull || peer === state.self ? state : withNeighbour(state, newNeighbour(peer, false, at))
}

function opened(state: RendezvousState, peer: PeerId, at: Millis): RendezvousState {
  const isKnown = state.neighbours.get(peer)?.isConnected || peer === state.self
  return isKnown ? state : withNeighbour(state, newNeighbour(peer, true, at))
}

function closed(state: RendezvousState, peer: PeerId, at: Millis): RendezvousState {
  if (!state.neighbours.get(peer)?.isConnected) return state
  const neighbour = newNeighbour(peer, false, at)
  return withRoute(withNeighbour(state, neighbour), neighbour, at)
}

function heard(
  state: RendezvousState,
  { peer, hello, isAnswer, at }: Extract<RendezvousEvent, { type: 'heard' }>,
): RendezvousState {
  const known = state.neighbours.get(peer)
  // The hello of a connection that has closed says nothing about the next one.
  if (!known?.isConnected) return state
  // Where two greetings crossed, nobody knows which hello is the newer one. The next exchange tells.
  const isCrossed =
    isAnswer && known.heardAt !== null && known.heardAt >= (begunAt(state, peer, 'greet') ?? at)
  const news = isCrossed ? {} : { hello, told: known.telling }
  const neighbour = { ...known, ...news, isUnsure: isCrossed, heardAt: at, failures: 0 }
  const used = hello.sighting?.via === state.self ? withUse({ ...state, usedAt: at }, at) : state
  const own = used.own && { ...used.own, pulse: used.own.pulse + 1 }
  const after = withRoute(withNeighbour({ ...used, own }, neighbour), neighbour, at)
  return isAnswer ? after : withNeighbour(after, { ...neighbour, told: sightingOf(after) })
}

function unanswered(state: RendezvousState, peer: PeerId, at: Millis): RendezvousState {
  const known = state.neighbours.get(peer)
  if (!known) return state
  if (!known.isConnected && at - known.since >= rendezvousLimits.rendezvous_peer_ms)
    return {
      ...state,
      neighbours: state.neighbours.without(peer),
      pace: PersistentMap.of(state.pace).without(peer),
    }
  const neighbour = { ...known, failures: known.failures + 1 }
  return withRoute(withNeighbour(state, neighbour), neighbour, at)
}

function serverFailed(state: RendezvousState, at: Millis): RendezvousState {
  const isProven = state.own !== null && at - state.own.since >= rendezvousLimits.server_proven_ms
  const serverFailures = isProven ? 1 : state.serverFailures + 1
  const { min, max } = rendezvousLimits.server_back_ms
  const backUntil = at + Math.min(max, min * 2 ** Math.min(serverFailures - 1, 30))
  return { ...state, own: null, serverFailures, backUntil }
}

/** Forgets what other machines said before this one slept, and that they used its server. */
function resumed(state: RendezvousState, at: Millis): RendezvousState {
  const neighbours = [...state.neighbours.values()].map(
    ({ id, isConnected }) => [id, newNeighbour(id, isConnected, at)] as const,
  )
  return {
    ...withoutRoute(state),
    neighbours: PersistentMap.of(neighbours),
    usedAt: Number.NEGATIVE_INFINITY,
    changedAt: at,
  }
}

function newServer(server: PeerId, since: Millis): Sighting {
  return { server, since, isUsed: false, pulse: 0, hops: 0, via: null }
}

function newNeighbour(id: PeerId, isConnected: boolean, since: Millis): Neighbour {
  return {
    id,
    isConnected,
    since,
    hello: null,
    heardAt: null,
    told: null,
    telling: null,
    isUnsure: false,
    failures: 0,
  }
}

function withNeighbour(state: RendezvousState, neighbour: Neighbour): RendezvousState {
  return { ...state, neighbours: state.neighbours.with(neighbour.id, neighbour) }
}
