/** Defines another machine of the network, and the evidence that it is there. */
import type { NodeCapability, Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import type { AgentKey, Millis } from './events.ts'

/** The ways by which a proof of life arrives: a message by stream or by signal, a new card, or a connection. */
export const proofs = ['stream', 'signal', 'card', 'connection'] as const

/** A way by which a proof of life arrives. */
export type Proof = (typeof proofs)[number]

/**
 * The libp2p connection of a machine. libp2p pings an `open` one and closes it if no answer comes. A `closed` one has ended,
 * and the machine is being dialled. A `failed` one has ended, and the machine could not be dialled.
 */
export interface Link {
  readonly state: 'open' | 'closed' | 'failed'
  /** The time of the change to this state. */
  readonly at: Millis
  /** The time at which the last connection was opened. */
  readonly openedAt: Millis
}

/** Another machine, with its card and the evidence that it is there. Times are those of this machine's clock. */
export interface Peer {
  readonly agent: AgentKey
  readonly card: NodeCapability
  /** Null until the first beat arrives. */
  readonly presence: Presence | null
  /** The last proof of life; null before the first. */
  readonly seenAt: Millis | null
  /** The way by which that proof arrived. */
  readonly seenBy?: Proof | null
  /**
   * Where its acceptance is missing: `here`, if this machine's owner has not accepted it, or `there`, if it has not accepted
   * this machine. Neither is asked or served.
   */
  readonly waiting?: 'here' | 'there' | null
  /** Its connection; absent if it had none since the start. */
  readonly link?: Link | null
}
