/** Connects to peers: directly where that works, else through a member that relays. */
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import type { PeerAddress } from './libp2p.ts'

/** Returns the newest open connection to a peer, or dials one. */
export type Connect = (peer: PeerAddress, signal: AbortSignal, silent?: Connection) => Promise<Connection>

const place = String.raw`/ip[46]/[0-9a-fA-F.:]+/tcp/\d+`
const directForm = new RegExp(`^${place}$`)
const relayedForm = new RegExp(`^${place}/p2p/([^/]+)/p2p-circuit$`)

/** Whether a connection is relayed by another machine. */
export function isRelayed({ limits: bounds }: Pick<Connection, 'limits'>): boolean {
  return bounds !== undefined
}

/** Returns the relay's peer id in an address that leads through one; null for any other address. */
export function relayOf(address: Multiaddr): string | null {
  return /\/p2p\/([^/]+)\/p2p-circuit/.exec(address.toString())?.[1] ?? null
}

/** Returns the open connections to a peer: direct ones first, and newer ones before older ones. */
export function openTo(libp2p: Pick<Libp2p, 'getConnections'>, id: PeerId): Connection[] {
  const open = libp2p.getConnections(id).filter(({ status }) => status === 'open')
  return open.toSorted(
    (one, other) =>
      Number(isRelayed(one)) - Number(isRelayed(other)) || other.timeline.open - one.timeline.open,
  )
}

/**
 * Makes the function that connects to peers. Direct addresses come first. If the peer has a place at a relay too, they get
 * `limits.peer_direct_ms`, because a router drops what it does not know and answers nothing. They are then skipped for
 * `limits.peer_direct_again_ms`. Only members are used as relays.
 */
export function connector(libp2p: Libp2p, isMember: (peerId: string) => boolean): Connect {
  const missed = new LRUCache<string, true>({
    max: limits.addresses_kept_max,
    ttl: limits.peer_direct_again_ms,
  })
  return async (peer, signal, silent) => {
    const id = peerIdFromString(peer.peerId)
    const open = openTo(libp2p, id)
    const best = open.find((one) => one !== silent)
    const newer = best && best.timeline.open >= (silent?.timeline.open ?? 0)
    if (best && (newer || open.length >= limits.peer_connections_each_max)) return best
    const dialled = AbortSignal.any([signal, AbortSignal.timeout(limits.peer_dial_ms)])
    const { direct, relayed } = dialable(peer, id, isMember)
    const dial = (to: PeerId | Multiaddr[], until: AbortSignal) =>
      libp2p.dial(to, { signal: until, force: silent !== undefined })
    if (relayed.length === 0) return dial(direct.length > 0 ? direct : id, dialled)
    if (direct.length > 0 && !missed.has(peer.peerId)) {
      const brief = AbortSignal.any([dialled, AbortSignal.timeout(limits.peer_direct_ms)])
      const found = await dial(direct, brief).catch(() => null)
      if (found !== null) return found
      dialled.throwIfAborted()
      missed.set(peer.peerId, true)
    }
    return dial(relayed, dialled)
  }
}

/**
 * Returns the addresses to dial. Anyone may have written them, so they are plain IP and TCP, or lead through a member, and
 * name no other peer than the card's.
 */
function dialable(peer: PeerAddress, id: PeerId, isMember: (peerId: string) => boolean) {
  const direct: Multiaddr[] = []
  const relayed: Multiaddr[] = []
  for (const address of peer.addresses) {
    const [, where = '', named = peer.peerId] = /^(.*?)(?:\/p2p\/([^/]+))?$/.exec(address) ?? []
    if (named !== peer.peerId) continue
    const relay = relayedForm.exec(where)?.[1]
    if (relay === undefined ? !directForm.test(where) : !isMember(relay)) continue
    try {
      const whole = multiaddr(`${where}/p2p/${id.toString()}`)
      if (relay === undefined) direct.push(whole)
      else relayed.push(whole)
    } catch {
      // The address has the form of one, but is none, such as one with a port of six digits.
    }
  }
  return { direct, relayed }
}
