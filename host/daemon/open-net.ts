import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { DataPaths } from '../config/paths.ts'
import { openPeerNode, type PeerNode } from '../net/libp2p.ts'
import type { Joined } from './join-network.ts'

/**
 * Starts the libp2p node. A network whose server is on loopback has only peers of this machine, so the node then listens
 * on loopback too and looks for nobody on the LAN. Rejects with `RIPPLE_PORT_TAKEN`.
 */
export function openNode(config: Config, paths: DataPaths, joined: Joined): Promise<PeerNode> {
  const alone = isLoopback(new URL(joined.bootstrapUrl).hostname)
  const listen = [`/ip4/${alone ? '127.0.0.1' : '0.0.0.0'}/tcp/${config.net.port}`]
  const tag = createHash('sha256').update(joined.network.seed).digest('hex').slice(0, 16)
  const mdns = alone || !config.net.mdns ? null : `ripple-${tag}.local`
  return openPeerNode({ keyFile: paths.peerKey, listen, mdns })
}

/** Whether a URL's host is this machine and no other. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}
