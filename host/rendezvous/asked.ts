/** Chooses the peers that a machine without a server asks for one. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import { sightingBy } from './route.ts'
import { type Neighbour, type RendezvousState, sightingOf } from './state.ts'

/**
 * Returns the connected peers to ask, the next ones to serve first: those with the least ids. Peers that do not answer make
 * room for more, so a few questions suffice in a large mesh of which half is gone. A server whose way was lost is among
 * them, because its machine may still be there.
 */
export function askedPeers(state: RendezvousState): readonly Neighbour[] {
  if (sightingOf(state)) return []
  const connected = [...state.neighbours.values()].filter(({ isConnected }) => isConnected)
  const silent = connected.filter(({ failures }) => failures > 0).length
  const room = rendezvousLimits.asked_first + 2 * silent
  if (connected.length <= room) return connected
  const lost = state.lost.at(-1)?.server
  const first = connected.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, room)
  const server = connected.find(({ id }) => id === lost)
  return server && !first.includes(server) ? [...first, server] : first
}

/**
 * Returns how many of the asked peers this machine waits for before it starts a server. They are those that have yet to
 * answer, those that still name a server, and those that should start one first.
 */
export function awaitedPeers(state: RendezvousState): number {
  return askedPeers(state).filter((peer) => isAwaited(state, peer)).length
}

function isAwaited(state: RendezvousState, peer: Neighbour): boolean {
  if (peer.failures > 0) return false
  if (peer.hello === null || peer.heardAt === null || peer.heardAt < state.changedAt) return true
  return sightingBy(state, peer) !== null || (peer.hello.able && peer.id < state.self)
}
