/** Tells the way by which messages and bytes reach an agent. */
import { peerIdFromString } from '@libp2p/peer-id'
import type { AgentKey } from '../types/events.ts'
import type { PeerPath } from '../types/peer-path.ts'
import type { AddressBook } from './address-book.ts'
import { isRelayed, openTo, relayOf } from './connect.ts'
import type { PeerNode } from './libp2p.ts'

/** Returns the connection that messages to an agent take now; null if none is open. */
export function pathTo(
  agent: AgentKey,
  { libp2p }: Pick<PeerNode, 'libp2p'>,
  book: AddressBook,
): PeerPath | null {
  const peer = book.lookup(agent)
  const [open] = peer === null ? [] : openTo(libp2p, peerIdFromString(peer.peerId))
  if (open === undefined) return null
  const rttMs = open.rtt ?? null
  if (!isRelayed(open)) return { kind: 'direct', relay: null, rttMs }
  return { kind: 'relayed', relay: book.agentOf(relayOf(open.remoteAddr) ?? ''), rttMs }
}
