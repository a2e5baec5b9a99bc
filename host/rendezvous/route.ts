/** Chooses the server of this machine, and the way to it. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import type { Millis } from '../types/events.ts'
import type { Claim } from './hello.ts'
import { claimOf, isSameServer, type Neighbour, type RendezvousState, type Route } from './state.ts'

/**
 * Returns the state with the best way after something happened to a neighbour. The older of two servers stays, so every
 * machine chooses the same one.
 *
 * A server raises its beat with each hello that it hears. A claim counts only if its beat is higher than the one with which
 * this machine lost that server before. So claims of a dead server cannot go round in circles: along a way the beats never
 * fall, and where two are equal, the hops fall.
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
  const others = state.lost.filter((one) => !isSameServer(one, route.claim))
  return {
    ...state,
    route: null,
    lost: [...others, route.claim].slice(-rendezvousLimits.servers_lost_max),
  }
}

/** Returns the claim that this machine could make by way of a neighbour; null if the neighbour cannot lead it anywhere. */
export function claimBy(state: RendezvousState, neighbour: Neighbour): Claim | null {
  const claim = neighbour.hello?.claim
  if (!claim || neighbour.failures >= rendezvousLimits.hello_failures_max) return null
  if (claim.server === state.self || claim.via === state.self) return null
  if (claim.hops >= rendezvousLimits.hops_max) return null
  return { ...claim, hops: claim.hops + 1, via: neighbour.id }
}

/** Returns the way by the same neighbour to the same server, as it is now; null if it is lost. */
function renew(state: RendezvousState, route: Route, neighbour: Neighbour, at: Millis): Route | null {
  const claim = claimBy(state, neighbour)
  if (!claim || !isSameServer(claim, route.claim)) return null
  if (claim.beat > route.claim.beat) return { via: neighbour.id, claim, freshAt: at }
  return at - route.freshAt < rendezvousLimits.claim_fresh_ms ? route : null
}

function withBest(state: RendezvousState, neighbours: Iterable<Neighbour>, at: Millis): RendezvousState {
  let best = state
  for (const neighbour of neighbours) {
    if (neighbour.heardAt === null || at - neighbour.heardAt >= rendezvousLimits.claim_fresh_ms) continue
    const claim = claimBy(state, neighbour)
    if (claim && improves(claim, best)) best = { ...best, route: { via: neighbour.id, claim, freshAt: at } }
  }
  return best
}

function improves(claim: Claim, state: RendezvousState): boolean {
  const held = claimOf(state)
  if (isSameServer(claim, held)) return held !== null && claim.hops < held.hops && claim.beat >= held.beat
  if (held && !isOlder(claim, held)) return false
  return state.lost.every((one) => !isSameServer(one, claim) || one.beat < claim.beat)
}

/** Whether the first claim's server has served longer; of two that are as old, the lesser id counts as older. */
function isOlder(a: Claim, b: Claim): boolean {
  return a.since !== b.since ? a.since < b.since : a.server < b.server
}
