/** Chooses the server of this machine, and the way to it. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import type { Millis } from '../types/events.ts'
import type { Sighting } from './hello.ts'
import { isSameServer, type Neighbour, type RendezvousState, type Route, sightingOf } from './state.ts'

/**
 * Returns the state with the best way after something happened to a neighbour. Every machine chooses the same one of two
 * servers. A server that nobody uses gives way first: its machine slept, was cut off, or has just come, and its clock may be
 * wrong.
 *
 * A server raises its pulse with each hello that it hears. A sighting counts only if its pulse is higher than the one with
 * which this machine lost that server before. So sightings of a dead server cannot go round in circles: along a way the
 * pulses never fall, and where two are equal, the hops fall.
 */
export function withRoute(state: RendezvousState, neighbour: Neighbour, at: Millis): RendezvousState {
  const { route } = state
  if (route?.via !== neighbour.id) return withBest(state, [neighbour], at)
  const renewed = renew(state, route, neighbour, at)
  return renewed ? { ...state, route: renewed } : withBest(withoutRoute(state), state.neighbours.values(), at)
}

/** Returns the state after its way to a server was lost. */
export function withoutRoute(state: RendezvousState): RendezvousState {
  const { route } = state
  if (!route) return state
  const others = state.lost.filter((one) => !isSameServer(one, route.sighting))
  return {
    ...state,
    route: null,
    lost: [...others, route.sighting].slice(-rendezvousLimits.servers_lost_max),
  }
}

/** Returns the sighting that this machine could make by way of a neighbour; null if that way leads nowhere. */
export function sightingBy(state: RendezvousState, neighbour: Neighbour): Sighting | null {
  const sighting = neighbour.hello?.sighting
  if (!sighting || neighbour.failures >= rendezvousLimits.hello_failures_max) return null
  if (sighting.server === state.self || sighting.via === state.self) return null
  if (sighting.hops >= rendezvousLimits.hops_max) return null
  return { ...sighting, hops: sighting.hops + 1, via: neighbour.id }
}

/** Returns the way by the same neighbour to the same server, as it is now; null if it is lost. */
function renew(state: RendezvousState, route: Route, neighbour: Neighbour, at: Millis): Route | null {
  const sighting = sightingBy(state, neighbour)
  if (!sighting || !isSameServer(sighting, route.sighting)) return null
  if (sighting.pulse > route.sighting.pulse) return { via: neighbour.id, sighting, freshAt: at }
  return at - route.freshAt < rendezvousLimits.sighting_fresh_ms ? route : null
}

function withBest(state: RendezvousState, neighbours: Iterable<Neighbour>, at: Millis): RendezvousState {
  let best = state
  for (const neighbour of neighbours) {
    if (neighbour.heardAt === null || at - neighbour.heardAt >= rendezvousLimits.sighting_fresh_ms) continue
    const sighting = sightingBy(state, neighbour)
    if (sighting && improves(sighting, best))
      best = { ...best, route: { via: neighbour.id, sighting, freshAt: at } }
  }
  return best
}

function improves(sighting: Sighting, state: RendezvousState): boolean {
  const held = sightingOf(state)
  if (isSameServer(sighting, held))
    return held !== null && sighting.hops < held.hops && sighting.pulse >= held.pulse
  if (held && !precedes(sighting, held)) return false
  return state.lost.every((one) => !isSameServer(one, sighting) || one.pulse < sighting.pulse)
}

/** Whether the first sighting's server stays where the two meet: it is used and the other is not, is older, or has the lesser id. */
function precedes(a: Sighting, b: Sighting): boolean {
  if (a.isUsed !== b.isUsed) return a.isUsed
  return a.since !== b.since ? a.since < b.since : a.server < b.server
}
