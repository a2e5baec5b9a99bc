/** Maps agents to libp2p peers, and keeps protocols to members. */
import { isPeerId, type Libp2p, type PeerId, type StreamHandler } from '@libp2p/interface'
import type { AgentKey } from '../types/events.ts'
import { openTo } from './connect.ts'
import type { PeerAddress } from './libp2p.ts'

/** The peers of agents and the agents of peers, from checked cards and the presence that followed them. */
export interface AddressBook {
  /** Returns the peer id and last known addresses of an agent; null if no card of it is known. */
  lookup(agent: AgentKey): PeerAddress | null
  /** Returns the agent whose card binds this peer id; null if no card does. */
  agentOf(peerId: string): AgentKey | null
}

/** Returns the book without the agents that this machine does not accept: they count as unknown. */
export function acceptedOnly(book: AddressBook, accepts: (agent: AgentKey) => boolean): AddressBook {
  return {
    lookup: (agent) => (accepts(agent) ? book.lookup(agent) : null),
    agentOf: (peerId) => {
      const agent = book.agentOf(peerId)
      return agent !== null && accepts(agent) ? agent : null
    },
  }
}

/**
 * Returns the node as a members-only protocol sees it. Streams from and to peers that no card binds are refused; everything
 * else passes through. It wraps the handlers, because libp2p 3.3 adds each handler to the list of middleware given to
 * `use`, and then runs it for outgoing streams too.
 */
export function membersOnly(
  libp2p: Libp2p,
  book: Pick<AddressBook, 'agentOf'>,
  onStranger: () => void,
): Libp2p {
  const isMember = (peer: PeerId) => book.agentOf(peer.toString()) !== null
  const guarded =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      if (isMember(connection.remotePeer)) return handler(stream, connection)
      onStranger()
      stream.abort(refusal())
    }
  const handle: Libp2p['handle'] = (protocols, handler, options) =>
    libp2p.handle(protocols, guarded(handler), options)
  const dialProtocol: Libp2p['dialProtocol'] = async (peer, protocols, options) => {
    // libp2p itself would dial again where a relayed connection is open.
    const [open] = isPeerId(peer) ? openTo(libp2p, peer) : []
    const connection = open ?? (await libp2p.dial(peer, options))
    if (!isMember(connection.remotePeer)) throw refusal()
    return connection.newStream(protocols, options)
  }
  const own = new Map<PropertyKey, unknown>(Object.entries({ handle, dialProtocol }))
  return new Proxy(libp2p, {
    get: (node, name) => {
      const value: unknown = own.get(name) ?? Reflect.get(node, name)
      return typeof value === 'function' ? value.bind(node) : value
    },
  })
}

function refusal(): DOMException {
  return new DOMException('no card binds this peer', 'NotAllowedError')
}
