/** Starts the daemon's libp2p node. */
import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { isLoopback } from '../../config/network.ts'
import type { DataPaths } from '../../config/paths.ts'
import { openPeerNode, type PeerNode } from '../../net/libp2p.ts'
import type { Journal } from '../../work/journal/port.ts'
import type { Joined } from '../peers/join-network.ts'

/** Journal key of the last port. */
const KEY = 'net_port'

/**
 * Starts the libp2p node. A network whose server is on loopback has only peers of this machine. The node then listens
 * on loopback too, and does not search the LAN. Without a configured port it takes the port of its last run, if that is
 * free. Peers then find it at the known address before they get a new one. Rejects with `RIPPLE_PORT_TAKEN`.
 */
export async function openNode(
  config: Config,
  { paths, journal }: { readonly paths: DataPaths; readonly journal: Journal },
  joined: Joined,
): Promise<PeerNode> {
  const alone = isLoopback(new URL(joined.bootstrapUrl).hostname)
  const tag = createHash('sha256').update(joined.network.seed).digest('hex').slice(0, 16)
  const mdns = alone || !config.net.mdns ? null : `ripple-${tag}.local`
  const open = (port: number): Promise<PeerNode> =>
    openPeerNode({
      keyFile: paths.peerKey,
      listen: [`/ip4/${alone ? '127.0.0.1' : '0.0.0.0'}/tcp/${port}`],
      mdns,
    })
  if (config.net.port !== 0) return open(config.net.port)
  const last = await journal.get('meta', KEY)
  const node = typeof last === 'number' ? await open(last).catch(() => open(0)) : await open(0)
  const port = Number(/\/tcp\/(\d+)/.exec(node.addresses()[0] ?? '')?.[1])
  // If the note cannot be written, the next run takes another port.
  if (port > 0 && port !== last) await journal.put('meta', KEY, port).catch(() => {})
  return node
}
