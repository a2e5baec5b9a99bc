import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressBook } from '../../host/net/address-book.ts'
import { openPeerNode, type PeerNode } from '../../host/net/libp2p.ts'
import { noRelay, type RelayOffer } from '../../host/net/relay.ts'
import type { AgentKey } from '../../host/types/events.ts'
import { agentKey } from '../unit/net/agents.ts'

/** A libp2p node on loopback with the agent that its card would bind. */
export interface TestPeer {
  readonly agent: AgentKey
  readonly node: PeerNode
  readonly folder: string
}

/** Nodes that know each other by one address book, as cards would tell them. */
export interface TestPeers extends AsyncDisposable {
  readonly book: AddressBook
  /**
   * Starts a node; `bound: false` leaves its card out of the book. A node with `relay` listens on all addresses, or on none
   * if it is `hidden`: others then reach it through a relay alone.
   */
  start(
    letter: string,
    options?: { bound?: boolean; relay?: RelayOffer; hidden?: boolean },
  ): Promise<TestPeer>
  /** Puts a node's card into the book, as it says where it is. */
  bind(peer: TestPeer): void
}

/** An empty mesh of nodes in temporary folders; disposing it stops all of them. */
export function testPeers(): TestPeers {
  const started: TestPeer[] = []
  const bound = new Map<AgentKey, TestPeer>()
  const agentOf = (peerId: string) => [...bound].find(([, peer]) => peer.node.peerId === peerId)?.[0] ?? null
  return {
    book: {
      lookup: (agent) => {
        const peer = bound.get(agent)
        return peer ? { peerId: peer.node.peerId, addresses: peer.node.addresses() } : null
      },
      agentOf,
    },
    start: async (letter, options = {}) => {
      const folder = await mkdtemp(join(tmpdir(), 'ripple-peer-'))
      const isMember = (peerId: string) => agentOf(peerId) !== null
      const listen = options.hidden ? [] : ['/ip4/0.0.0.0/tcp/0']
      const node = await openPeerNode({
        keyFile: join(folder, 'peer.key'),
        ...(options.relay === undefined ? {} : { listen }),
      })
      if (options.relay !== undefined) node.relay({ ...noRelay, isMember, offer: options.relay })
      const peer = { agent: agentKey(letter), node, folder }
      started.push(peer)
      if (options.bound !== false) bound.set(peer.agent, peer)
      return peer
    },
    bind: (peer) => void bound.set(peer.agent, peer),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map((peer) => peer.node[Symbol.asyncDispose]()))
      await Promise.all(started.map((peer) => rm(peer.folder, { recursive: true, force: true })))
    },
  }
}
