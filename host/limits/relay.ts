/** Sets the limits of connections that a member relays for others. */

/** Bounds of a relay and of its use, each with its unit. */
export const relayLimits = {
  /** The most members that one machine keeps reachable, and the milliseconds after which each asks again. */
  relay_places_max: 16,
  relay_place_ms: 3_600_000,
  /** The most relayed connections that one member opens through a machine, and that lead to one member, at a time. */
  relay_connections_each_max: 16,
  /** The bytes and milliseconds after which a relayed connection ends. Then its ends look for a direct way first. */
  relay_connection_bytes_max: 256 * 1024 * 1024,
  relay_connection_ms: 1_800_000,
  /** Milliseconds for a request to a relay. */
  relay_call_ms: 5_000,
  /**
   * Milliseconds without a direct connection after which a member that is heard through the conductor counts as out of
   * reach, and for which that is remembered.
   */
  relay_patience_ms: 3_000,
  relay_heard_ms: 90_000,
  /** The most relays at which a machine keeps a place. */
  relays_held_max: 2,
  /** Milliseconds between two checks whether a relay is needed or offered, and until a relay that refused is asked again. */
  relay_look_ms: 5_000,
  relay_again_ms: 30_000,
  /** Milliseconds for the direct addresses of a peer that a relay reaches too, and until they are dialled again. */
  peer_direct_ms: 1_000,
  peer_direct_again_ms: 60_000,
} as const
