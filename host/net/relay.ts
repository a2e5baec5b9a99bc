/** Relays connections between members, and keeps places at members that relay. */
import { circuitRelayServer, circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import {
  type Connection,
  type ConnectionGater,
  type Libp2p,
  type PeerId,
  start,
  stop,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import { isRelayed, relayOf } from './connect.ts'
import { isOutside } from './own-subnets.ts'

/** Whether this machine relays for members: `auto` once a member of another machine has connected to it. */
export type RelayOffer = 'auto' | 'on' | 'off'

/** Whether a libp2p peer is a member of the network. */
export type IsMember = (peerId: string) => boolean

/** Makes the transport that dials and listens through relays. */
export const relayTransport = () =>
  circuitRelayTransport({
    maxInboundStopStreams: limits.relay_connections_each_max,
    maxOutboundStopStreams: limits.relay_connections_each_max,
    reservationCompletionTimeout: limits.relay_call_ms,
  })

type ServerParts = Parameters<ReturnType<typeof circuitRelayServer>>[0]

/** The parts of the node by which it relays, and by which it asks for a place at a relay. */
export interface RelayParts {
  /** The server of relayed connections. It runs once this machine offers that. */
  readonly server: object
  listen(addresses: Multiaddr[]): Promise<void>
}

/** Makes these parts, as a service of the node. */
export function relayParts(
  components: ServerParts & { readonly transportManager: Pick<RelayParts, 'listen'> },
): RelayParts {
  const server = circuitRelayServer({
    hopTimeout: limits.relay_call_ms,
    maxInboundHopStreams: limits.relay_connections_each_max,
    maxOutboundStopStreams: limits.relay_connections_each_max,
    reservations: {
      maxReservations: limits.relay_places_max,
      reservationTtl: limits.relay_place_ms,
      defaultDataLimit: BigInt(limits.relay_connection_bytes_max),
      defaultDurationLimit: limits.relay_connection_ms,
    },
  })(components)
  // The server is wrapped, because the node starts and stops what it is given itself.
  return { server, listen: (addresses) => components.transportManager.listen(addresses) }
}

/** Keeps the relaying to members: as the relay, and as either end of a relayed connection. */
export function relayGater(isMember: IsMember): ConnectionGater {
  const areMembers = (...peers: readonly PeerId[]) => peers.every((one) => isMember(one.toString()))
  return {
    denyInboundRelayReservation: (asking) => !areMembers(asking),
    denyOutboundRelayedConnection: (from, to) => !areMembers(from, to),
    denyInboundRelayedConnection: (relay, from) => !areMembers(relay, from),
  }
}

/** The settings of relaying. */
export interface RelaySettings {
  readonly offer: RelayOffer
  /** Whether a peer is a member: only members relay, and are relayed. */
  readonly isMember: IsMember
  /** Called when this machine begins to relay for members. */
  readonly onOffer: () => void
  /** Called when the relays change at which this machine has a place. */
  readonly onPlaces: (relays: readonly string[]) => void
}

/** The settings of a node that relays nothing, and is not relayed. */
export const noRelay: RelaySettings = {
  offer: 'off',
  isMember: () => false,
  onOffer: () => {},
  onPlaces: () => {},
}

/** The settings of a keeper, and the node that it serves. */
export interface KeeperNeeds extends RelaySettings {
  readonly libp2p: Libp2p
  readonly parts: RelayParts
}

/**
 * Starts to relay when this machine offers that, and asks relays for places while a member is heard through the conductor
 * alone. It looks whenever a peer names its protocols, and regularly. Disposing ends both.
 */
export class RelayKeeper implements AsyncDisposable {
  readonly #needs: KeeperNeeds
  readonly #timer: NodeJS.Timeout
  readonly #look = () => void this.#lookNow()
  /** Relays that lately refused a place. */
  readonly #refused = new LRUCache<string, true>({
    max: limits.addresses_kept_max,
    ttl: limits.relay_again_ms,
  })
  /** When members were first heard through the conductor, of late. */
  readonly #heard = new LRUCache<string, number>({
    max: limits.addresses_kept_max,
    ttl: limits.relay_heard_ms,
  })
  #offers = false
  #asking = false
  #places = ''

  constructor(needs: KeeperNeeds) {
    this.#needs = needs
    this.#timer = setInterval(this.#look, limits.relay_look_ms)
    needs.libp2p.addEventListener('peer:identify', this.#look)
    needs.libp2p.addEventListener('self:peer:update', this.#look)
    this.#look()
  }

  /** Notes that a peer was heard through the conductor: perhaps neither reaches the other. */
  heard(peerId: string): void {
    if (!this.#heard.has(peerId)) this.#heard.set(peerId, Date.now())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#needs.libp2p.removeEventListener('peer:identify', this.#look)
    this.#needs.libp2p.removeEventListener('self:peer:update', this.#look)
    if (this.#offers) await stop(this.#needs.parts.server)
  }

  async #lookNow(): Promise<void> {
    const { libp2p, isMember, offer, onOffer, onPlaces, parts } = this.#needs
    const relays = relaysOf(libp2p, isMember)
    if (this.#places !== relays.join()) {
      this.#places = relays.join()
      onPlaces(relays)
    }
    const direct = libp2p
      .getConnections()
      .filter((one) => one.status === 'open' && !isRelayed(one) && isMember(one.remotePeer.toString()))
    const isReached = direct.some((one) => one.direction === 'inbound' && !isLoopback(one.remoteAddr))
    if (!this.#offers && (offer === 'on' || (offer === 'auto' && isReached))) {
      this.#offers = true
      await start(parts.server)
      onOffer()
    }
    if (!this.#asking && this.#isMissed(direct)) await this.#askAround(direct)
  }

  /** Whether a member was heard through the conductor, and no direct connection followed. */
  #isMissed(direct: readonly Connection[]): boolean {
    const since = Date.now() - limits.relay_patience_ms
    const near = new Set(direct.map(({ remotePeer }) => remotePeer.toString()))
    return [...this.#heard].some(([id, at]) => at <= since && !near.has(id) && this.#needs.isMember(id))
  }

  /** Asks the connected relays for places. Those beyond the own networks come first, because others may reach them. */
  async #askAround(direct: readonly Connection[]): Promise<void> {
    const far = direct.filter(({ remoteAddr }) => isOutside(remoteAddr))
    this.#asking = true
    for (const one of far.length > 0 ? far : direct) await this.#ask(one)
    this.#asking = false
  }

  /** Asks a peer for a place, if it relays and this machine has none there. */
  async #ask(connection: Connection): Promise<void> {
    const { libp2p, isMember, parts } = this.#needs
    const id = connection.remotePeer.toString()
    const relays = relaysOf(libp2p, isMember)
    if (relays.length >= limits.relays_held_max || relays.includes(id) || this.#refused.has(id)) return
    const known = await libp2p.peerStore.get(connection.remotePeer).catch(() => null)
    if (!known?.protocols.includes(RELAY_V2_HOP_CODEC)) return
    const place = connection.remoteAddr.encapsulate('/p2p-circuit')
    await parts.listen([place]).catch(() => this.#refused.set(id, true))
  }
}

/** Returns the members at which this node has a place. */
function relaysOf(libp2p: Libp2p, isMember: IsMember): string[] {
  const relays = libp2p.getMultiaddrs().map((address) => relayOf(address) ?? '')
  return [...new Set(relays)].filter((id) => id !== '' && isMember(id)).toSorted()
}

/**
 * Returns the addresses that peers get: direct ones first, then those through members that relay. A relay names its
 * loopback addresses too, which lead nowhere.
 */
export function ownAddresses(libp2p: Libp2p, isMember: IsMember): string[] {
  const all = libp2p.getMultiaddrs()
  const direct = all.filter((address) => relayOf(address) === null)
  const relayed = all.filter((address) => {
    const relay = relayOf(address)
    return relay !== null && isMember(relay) && !isLoopback(address)
  })
  return [...direct, ...relayed].map(String)
}

function isLoopback(address: Multiaddr): boolean {
  return /^\/ip4\/127\.|^\/ip6\/::1\//.test(address.toString())
}
