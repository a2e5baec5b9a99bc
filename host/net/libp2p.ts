/** Runs the daemon's libp2p node. */
import { networkInterfaces } from 'node:os'
import { noise } from '@chainsafe/libp2p-noise'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { PeerBinding } from '../../zomes-bindings/generated/agent-registry.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'
import { announced } from './announced.ts'
import { bindPeer } from './binding.ts'
import { type Connect, connector } from './connect.ts'
import { boxOpener } from './open-box.ts'
import { openPeerKey, type SigningKey, signingKey } from './peer-key.ts'
import {
  noRelay,
  ownAddresses,
  RelayKeeper,
  type RelaySettings,
  relayGater,
  relayParts,
  relayTransport,
} from './relay.ts'

/** The settings of the node: its key, its addresses and its discovery. */
export interface PeerNodeOptions {
  /** File of the libp2p key; created if missing. */
  readonly keyFile: string
  /** Multiaddrs to listen on; by default this machine only. */
  readonly listen?: readonly string[]
  /** Service tag of mDNS, the same for a whole network; null turns mDNS off. */
  readonly mdns?: string | null
  /** Called with each peer that mDNS names, and with its addresses. Without it the peer is dialled. */
  readonly onDiscovered?: (peer: PeerAddress) => void
}

/** The peer id of a machine, and its last known addresses. */
export interface PeerAddress {
  /** `12D3KooW...` */
  readonly peerId: string
  /** Multiaddrs, with or without `/p2p/...`; anyone may have written them. */
  readonly addresses: readonly string[]
}

/** The daemon's one libp2p node: TCP, noise, yamux, an Ed25519 identity. Messages and Helia share it. */
export interface PeerNode extends AsyncDisposable {
  readonly libp2p: Libp2p
  /** `12D3KooW...` */
  readonly peerId: string
  /** The node's key, with which this machine signs. */
  readonly key: SigningKey
  /** Returns the multiaddrs at which peers reach it now: its own ones first, then those through relays. */
  addresses(): string[]
  /** Returns the binding for this machine's card. */
  bind(agent: AgentKey): Promise<PeerBinding>
  /** Opens a box that was sealed for this machine's key (libsodium's sealed box); null for any other box. */
  openBox(sealed: Uint8Array): Uint8Array | null
  /**
   * Returns an open connection, or dials one. A direct one comes before a relayed one, and a newer one before an older one.
   * It must be newer than `silent`, if given, unless `limits.peer_connections_each_max` connections are open already.
   * Rejects with libp2p's error when neither works in time.
   */
  readonly connect: Connect
  /** Begins to relay between members, and to ask them for places. Until then it is relayed to nobody. */
  relay(settings: RelaySettings): void
  /** Notes that a peer was heard through the conductor: without a direct connection to it, a relay is asked for a place. */
  heard(peerId: string): void
  /** Ends all connections with a peer. */
  hangUp(peerId: string): Promise<void>
}

const loopback = ['/ip4/127.0.0.1/tcp/0']

/** Starts the node. Rejects with `RIPPLE_PORT_TAKEN` when it cannot listen. */
export async function openPeerNode(options: PeerNodeOptions): Promise<PeerNode> {
  const privateKey = await openPeerKey(options.keyFile)
  const openBox = boxOpener(privateKey.raw)
  const listen = [...(options.listen ?? loopback)]
  let relay = noRelay
  const isMember = (peerId: string) => relay.isMember(peerId)
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen, announceFilter: reachable },
    transports: [tcp({ maxConnections: limits.peer_connections_max }), relayTransport()],
    connectionGater: relayGater(isMember),
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: limits.peer_streams_max * 4,
        streamOptions: { initialStreamWindowSize: limits.peer_stream_window_bytes },
      }),
    ],
    // A machine that begins to relay says so to the peers that are connected.
    services: { identify: identify(), identifyPush: identifyPush(), relay: relayParts },
    peerDiscovery: await discovery(options.mdns ?? null),
    connectionMonitor: {
      pingInterval: limits.link_ping_ms,
      pingTimeout: { minTimeout: limits.link_answer_ms.min, maxTimeout: limits.link_answer_ms.max },
    },
    connectionManager: {
      maxConnections: limits.peer_connections_max,
      maxIncomingPendingConnections: limits.peer_pending_max,
      inboundConnectionThreshold: limits.peer_connections_per_second_max,
      dialTimeout: limits.peer_dial_ms,
    },
  }).catch((cause: unknown) => {
    throw new RippleError('RIPPLE_PORT_TAKEN', { port: listen.join(', ') }, { cause })
  })
  libp2p.addEventListener('peer:discovery', ({ detail }) => {
    const { id, multiaddrs } = detail
    if (options.onDiscovered === undefined) dialDiscovered(libp2p, detail)
    else if (multiaddrs.length > 0)
      options.onDiscovered({ peerId: id.toString(), addresses: multiaddrs.map(String) })
  })
  let keeper: RelayKeeper | null = null
  return {
    libp2p,
    peerId: libp2p.peerId.toString(),
    key: signingKey(privateKey),
    addresses: () => ownAddresses(libp2p, isMember),
    bind: (agent) => bindPeer(privateKey, agent),
    openBox,
    connect: connector(libp2p, isMember),
    hangUp: (id) => libp2p.hangUp(peerIdFromString(id)).catch(() => {}),
    relay: (settings) => {
      relay = settings
      keeper ??= new RelayKeeper({ ...settings, libp2p, parts: libp2p.services.relay })
    },
    heard: (id) => keeper?.heard(id),
    [Symbol.asyncDispose]: async () => {
      await keeper?.[Symbol.asyncDispose]()
      await libp2p.stop()
    },
  }
}

async function discovery(serviceTag: string | null) {
  if (serviceTag === null) return []
  const { mdns } = await import('@libp2p/mdns')
  return [mdns({ serviceTag })]
}

function reachable(addresses: Multiaddr[]): Multiaddr[] {
  const chosen = new Set(announced(addresses.map(String), networkInterfaces()))
  return addresses.filter((address) => chosen.has(address.toString()))
}

/**
 * Dials a discovered peer. Both sides of a LAN discover each other, but only the smaller peer id dials, so that a pair has
 * one connection.
 */
function dialDiscovered(libp2p: Libp2p, found: PeerInfo): void {
  if (found.multiaddrs.length === 0 || libp2p.peerId.toString() > found.id.toString()) return
  const signal = AbortSignal.timeout(limits.peer_dial_ms)
  // A peer that does not answer announces itself again, and is dialled then.
  libp2p.dial(found.id, { signal }).catch(() => undefined)
}
