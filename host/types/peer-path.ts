/** Defines the way of messages and bytes to another machine. */
import type { AgentKey, Millis } from './events.ts'

/** The open connection to a machine. Without one, messages go through the conductor. */
export interface PeerPath {
  readonly kind: 'direct' | 'relayed'
  /** The member that relays; null for a direct connection, and for a relay whose card is not known. */
  readonly relay: AgentKey | null
  /** The time of the last ping and its answer; null before the first. */
  readonly rttMs: Millis | null
}
