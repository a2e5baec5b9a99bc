import type { Connection, Libp2p } from '@libp2p/interface'
import type { AddressBook } from './address-book.ts'

/**
 * Keeps at most so many connections of peers that no card binds, and closes the oldest of more: anyone may dial a machine, and the
 * places of `limits.peer_connections_max` are its members'. A newcomer is a stranger until its card has arrived. Gives what ends
 * this.
 */
export function boundStrangers(libp2p: Libp2p, book: Pick<AddressBook, 'agentOf'>, most: number): () => void {
  const isStranger = ({ status, remotePeer }: Connection) =>
    status === 'open' && book.agentOf(remotePeer.toString()) === null
  const look = () => {
    const strangers = libp2p.getConnections().filter(isStranger)
    const oldestFirst = strangers.toSorted((a, b) => a.timeline.open - b.timeline.open)
    // Reset, not closed: who fills the places has no claim to a farewell, and might let it wait.
    for (const one of oldestFirst.slice(0, Math.max(0, strangers.length - most)))
      one.abort(new DOMException('too many peers that no card binds', 'NotAllowedError'))
  }
  libp2p.addEventListener('connection:open', look)
  return () => libp2p.removeEventListener('connection:open', look)
}
