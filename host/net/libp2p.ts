/** Runs the daemon's libp2p node. */
import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, PeerId, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { PeerBinding } from '../../zomes-bindings/generated/agent-registry.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AgentKey } from '../types/events.ts'
import { bindPeer } from './binding.ts'
import { boxOpener } from './open-box.ts'
import { openPeerKey } from './peer-key.ts'

/** The settings of the node: its key, its addresses and its discovery. */
export interface PeerNodeOptions {
  /** File of the libp2p key; created if missing. */
  readonly keyFile: string
  /** Multiaddrs to listen on; by default this machine only. */
  readonly listen?: readonly string[]
  /** Service tag of mDNS, the same for a whole network; null turns mDNS off. */
  readonly mdns?: string | null
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
  /** Returns the multiaddrs that it listens on now. */
  addresses(): string[]
  /** Returns the binding for this machine's card. */
  bind(agent: AgentKey): Promise<PeerBinding>
  /** Opens a box that was sealed for this machine's key (libsodium's sealed box); null for any other box. */
  openBox(sealed: Uint8Array): Uint8Array | null
  /**
   * Returns the newest open connection, or dials one. It must be newer than `silent`, if given, unless
   * `limits.peer_connections_each_max` connections are open already. Rejects with libp2p's error when neither works in
   * time.
   */
  connect(peer: PeerAddress, signal: AbortSignal, silent?: Connection): Promise<Connection>
}

const loopback = ['/ip4/127.0.0.1/tcp/0']
const dialable = /^\/ip[46]\/[0-9a-fA-F.:]+\/tcp\/\d+$/

/** Starts the node. Rejects with `RIPPLE_PORT_TAKEN` when it cannot listen. */
export async function openPeerNode(options: PeerNodeOptions): Promise<PeerNode> {
  const privateKey = await openPeerKey(options.keyFile)
  const openBox = boxOpener(privateKey.raw)
  const listen = [...(options.listen ?? loopback)]
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen },
    transports: [tcp({ maxConnections: limits.peer_connections_max })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: limits.peer_streams_max * 4,
        streamOptions: { initialStreamWindowSize: limits.peer_stream_window_bytes },
      }),
    ],
    services: { identify: identify() },
    peerDiscovery: await discovery(options.mdns ?? null),
    connectionManager: {
      maxConnections: limits.peer_connections_max,
      maxIncomingPendingConnections: limits.peer_pending_max,
      inboundConnectionThreshold: limits.peer_connections_per_second_max,
      dialTimeout: limits.peer_dial_ms,
    },
  }).catch((cause: unknown) => {
    throw new RippleError('RIPPLE_PORT_TAKEN', { port: listen.join(', ') }, { cause })
  })
  libp2p.addEventListener('peer:discovery', ({ detail }) => dialDiscovered(libp2p, detail))
  return {
    libp2p,
    peerId: libp2p.peerId.toString(),
    addresses: () => libp2p.getMultiaddrs().map(String),
    bind: (agent) => bindPeer(privateKey, agent),
    openBox,
    connect: (peer, signal, silent) => connect(libp2p, peer, signal, silent),
    [Symbol.asyncDispose]: async () => libp2p.stop(),
  }
}

async function discovery(serviceTag: string | null) {
  if (serviceTag === null) return []
  const { mdns } = await import('@libp2p/mdns')
  return [mdns({ serviceTag })]
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

async function connect(
  libp2p: Libp2p,
  peer: PeerAddress,
  signal: AbortSignal,
  silent?: Connection,
): Promise<Connection> {
  const id = peerIdFromString(peer.peerId)
  const open = libp2p.getConnections(id).filter(({ status }) => status === 'open')
  const [newest] = open.filter((one) => one !== silent).toSorted((a, b) => b.timeline.open - a.timeline.open)
  const newer = newest && newest.timeline.open >= (silent?.timeline.open ?? 0)
  if (newest && (newer || open.length >= limits.peer_connections_each_max)) return newest
  const addresses = peer.addresses.flatMap((address) => toDialable(address, id))
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.peer_dial_ms)])
  return libp2p.dial(addresses.length > 0 ? addresses : id, { signal: deadline, force: silent !== undefined })
}

/**
 * Returns the address to dial; empty if it is not plain IP and TCP, or names a peer other than the card's. Anyone may have
 * written an address.
 */
function toDialable(address: string, id: PeerId) {
  const [place = '', named] = address.split('/p2p/')
  if (!dialable.test(place) || (named !== undefined && named !== id.toString())) return []
  try {
    return [multiaddr(`${place}/p2p/${id.toString()}`)]
  } catch {
    return []
  }
}
