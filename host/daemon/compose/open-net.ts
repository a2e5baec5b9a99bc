/** Opens the network: the forwarder, the libp2p node, and the rendezvous with the machines of the LAN. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { isLoopback } from '../../config/network.ts'
import type { DataPaths } from '../../config/paths.ts'
import { openPeerNode, type PeerAddress, type PeerNode } from '../../net/libp2p.ts'
import { runBootstrapServer } from '../../processes/bootstrap-server.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { Journal } from '../../work/journal/port.ts'
import { type Joined, type JoinNeeds, joinNetwork } from '../peers/join-network.ts'
import { type LanRendezvous, openLanRendezvous } from '../peers/lan-rendezvous.ts'

/** Journal key of the last port. */
const KEY = 'net_port'

/** The address of an own bootstrap server: conductors see only the forwarder, so any port will do. */
const OWN_SERVER = '127.0.0.1:0'

/** The parts of the data folder that the network uses. */
export interface NetFolder {
  readonly paths: DataPaths
  readonly journal: Journal
}

/** The parts of an open network. */
export interface OpenNet {
  readonly joined: Joined
  readonly node: PeerNode
  /** Null where the network's server was given. */
  readonly rendezvous: LanRendezvous | null
}

/** Inputs of the opening. */
export interface NetNeeds extends JoinNeeds {
  readonly folder: NetFolder
  /** Finds the bootstrap server's program; called only if this machine is to run one. */
  findBootstrapProgram(): Promise<string>
}

/** Joins the network, starts the node, and begins to look for the machines of the LAN. Rejects as `joinNetwork` and `openNode` do. */
export async function openNet(needs: NetNeeds, signal: AbortSignal): Promise<OpenNet> {
  const { config, folder, stack, emit } = needs
  const joined = await joinNetwork(needs, signal)
  let rendezvous: LanRendezvous | null = null
  const isChosen = joined.bootstrapUrl === null
  const onDiscovered = isChosen ? (peer: PeerAddress) => rendezvous?.discovered(peer) : undefined
  const node = stack.use(await openNode(config, folder, joined, onDiscovered))
  if (!isChosen) return { joined, node, rendezvous }
  const { paths } = folder
  const startServer = async (stop: AbortSignal) => {
    const program = await needs.findBootstrapProgram()
    const logFile = join(paths.logs, 'bootstrap.log')
    const options = { program, listen: OWN_SERVER, folder: paths.conductor, logFile, onEvent: emit }
    return runBootstrapServer(options, stop)
  }
  const { forwarder, network } = joined
  const { peers } = config.net
  const lan = { node, forwarder, seed: network.seed, peers, clock: systemClock, emit, startServer }
  rendezvous = stack.use(await openLanRendezvous(lan))
  return { joined, node, rendezvous }
}

/**
 * Starts the libp2p node. A network whose server is on loopback, and a local one without mDNS and named peers, has only
 * peers of this machine. The node then listens on loopback too, and does not search the LAN. Without a configured port it
 * takes the port of its last run, if that is free. Peers then find it at the known address before they get a new one.
 * Rejects with `RIPPLE_PORT_TAKEN`.
 */
export async function openNode(
  config: Config,
  { paths, journal }: NetFolder,
  { bootstrapUrl, network }: Pick<Joined, 'bootstrapUrl' | 'network'>,
  onDiscovered?: (peer: PeerAddress) => void,
): Promise<PeerNode> {
  const { mdns, peers } = config.net
  const alone =
    bootstrapUrl === null ? !mdns && peers.length === 0 : isLoopback(new URL(bootstrapUrl).hostname)
  const tag = createHash('sha256').update(network.seed).digest('hex').slice(0, 16)
  const open = (port: number): Promise<PeerNode> =>
    openPeerNode({
      keyFile: paths.peerKey,
      listen: [`/ip4/${alone ? '127.0.0.1' : '0.0.0.0'}/tcp/${port}`],
      mdns: alone || !mdns ? null : `ripple-${tag}.local`,
      ...(onDiscovered && { onDiscovered }),
    })
  if (config.net.port !== 0) return open(config.net.port)
  const last = await journal.get('meta', KEY)
  const node = typeof last === 'number' ? await open(last).catch(() => open(0)) : await open(0)
  const port = Number(/\/tcp\/(\d+)/.exec(node.addresses()[0] ?? '')?.[1])
  // If the note cannot be written, the next run takes another port.
  if (port > 0 && port !== last) await journal.put('meta', KEY, port).catch(() => {})
  return node
}
