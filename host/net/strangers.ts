/** Bounds the connections of strangers: peers that no card binds, or that are not accepted. */
import type { Connection, Libp2p } from '@libp2p/interface'
import type { AddressBook } from './address-book.ts'

/**
 * Keeps at most `most` connections of strangers, and resets the oldest above that. Anyone may dial a
 * machine, and the places of `limits.peer_connections_max` are for members. A newcomer is a stranger until its card has
 * arrived. The returned function ends this.
 */
export function boundStrangers(libp2p: Libp2p, book: Pick<AddressBook, 'agentOf'>, most: number): () => void {
  const isStranger = ({ status, remotePeer }: Connection) =>
    status === 'open' && book.agentOf(remotePeer.toString()) === null
  const look = () => {
    const strangers = libp2p.getConnections().filter(isStranger)
    const oldestFirst = strangers.toSorted((a, b) => a.timeline.open - b.timeline.open)
    // The connection is reset, not closed: a peer that fills the places is owed no closing handshake, and might delay it.
    for (const one of oldestFirst.slice(0, Math.max(0, strangers.length - most)))
      one.abort(new DOMException('too many strangers', 'NotAllowedError'))
  }
  libp2p.addEventListener('connection:open', look)
  return () => libp2p.removeEventListener('connection:open', look)
}
