/** Chooses the peers that a machine without a server asks for one. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import type { PeerId } from './hello.ts'
import { sightingBy } from './route.ts'
import { type Neighbour, type RendezvousState, sightingOf } from './state.ts'

/**
 * Returns the state with the peers to ask, after something happened to one of them. They are chosen only when the
 * connections or the silent peers differ, because a large mesh says hello often.
 */
export function withAsked(
  before: RendezvousState,
  state: RendezvousState,
  peer: PeerId | null,
): RendezvousState {
  if (sightingOf(state)) return state.asked.size === 0 ? state : { ...state, asked: new Set() }
  const [old, now] = [before, state].map(({ neighbours }) =>
    peer === null ? undefined : neighbours.get(peer),
  )
  const isSame = old?.isConnected === now?.isConnected && isSilent(old) === isSilent(now)
  return isSame && sightingOf(before) === null && peer !== null
    ? state
    : { ...state, asked: askedPeers(state) }
}

/**
 * Returns the connected peers to ask, the next ones to serve: those with the least ids. Peers that do not answer make room
 * for more, so a few questions suffice in a large mesh of which half is gone. A server whose way was lost is among them,
 * because its machine may still be there.
 */
function askedPeers(state: RendezvousState): ReadonlySet<PeerId> {
  const connected = [...state.neighbours.values()].filter(({ isConnected }) => isConnected)
  const room = rendezvousLimits.asked_first + 2 * connected.filter(isSilent).length
  const first = connected.map(({ id }) => id).sort()
  const asked = new Set(first.slice(0, room))
  const lost = state.lost.at(-1)?.server
  return lost !== undefined && state.neighbours.get(lost)?.isConnected ? asked.add(lost) : asked
}

/**
 * Returns how many of the asked peers this machine waits for before it starts a server. They are those that have yet to
 * answer, those that still name a server, and those that should start one first.
 */
export function awaitedPeers(state: RendezvousState): number {
  return [...state.asked].filter((id) => isAwaited(state, state.neighbours.get(id))).length
}

function isAwaited(state: RendezvousState, peer: Neighbour | undefined): boolean {
  if (!peer || isSilent(peer)) return false
  if (peer.hello === null || peer.heardAt === null || peer.heardAt < state.changedAt) return true
  return sightingBy(state, peer) !== null || (peer.hello.able && peer.id < state.self)
}

/** Whether a peer left the last greeting without an answer. */
function isSilent(peer: Neighbour | undefined): boolean {
  return peer !== undefined && peer.failures > 0
}
