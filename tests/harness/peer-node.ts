/** Runs a libp2p node as a process of its own, for tests that stop or kill it. Its argument is the file of its key. */
import { openPeerNode } from '../../host/net/libp2p.ts'

const node = await openPeerNode({ keyFile: process.argv[2] ?? '' })
process.stdout.write(`${JSON.stringify({ peerId: node.peerId, addresses: node.addresses() })}\n`)
