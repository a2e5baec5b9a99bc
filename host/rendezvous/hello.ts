/** Defines what machines tell each other about the bootstrap server. */
import type { Millis } from '../types/events.ts'

/** A libp2p peer id, such as `12D3KooW...`. */
export type PeerId = string

/** A statement that a bootstrap server runs, and how its sender reaches it. */
export interface Sighting {
  /** The machine whose server it is. */
  readonly server: PeerId
  /** When it began to serve, by its own clock, in milliseconds since 1970. */
  readonly since: Millis
  /** Whether another machine points at it. Of two servers such a one stays, else the older one. */
  readonly isUsed: boolean
  /** A number that the server raises with each hello that it hears. A sighting whose pulse stands still is out of date. */
  readonly pulse: number
  /** Connections from the sender to the server; 0 for the server itself. */
  readonly hops: number
  /** The peer that the sender points at; null for the server itself. */
  readonly via: PeerId | null
}

/**
 * The planner's part of a hello. A peer wrote it, so the adapter checks it before it becomes an input: whole numbers from
 * 0 on, ids of bounded length, `hops` of at most `hops_max`.
 */
export interface Hello {
  /** Null while the sender knows no server. */
  readonly sighting: Sighting | null
  /** Whether the sender could start a server now. */
  readonly able: boolean
}
