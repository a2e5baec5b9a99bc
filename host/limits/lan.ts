/** Sets the limits of what machines of a LAN tell each other before they know each other's cards. */

/** Bounds of greetings and forwarded connections, each with its unit. */
export const lanLimits = {
  /** The longest greeting, in bytes: all its fields at their bounds. */
  greeting_bytes_max: 256 * 1024,
  /** The most greetings that are being answered at a time, to one peer and to all. */
  greetings_each_max: 2,
  greetings_max: 64,
  /** The most addresses of one machine in a greeting, and the characters of each: one through a relay has some 150. */
  addresses_max: 16,
  address_chars_max: 256,
  version_chars_max: 64,
  /** The most peers that a greeting names. */
  peers_told_max: 32,
  /** The most DNAs, and agent infos of one conductor, and the characters of an info: five DNAs and the open epochs. */
  dnas_max: 16,
  infos_max: 16,
  info_chars_max: 4_096,
  /** Milliseconds between two looks for own agent infos before the first, and after. */
  infos_look_ms: 500,
  infos_again_ms: 5_000,
  /** Milliseconds after a sleep for which the looks for own agent infos are frequent. */
  infos_woke_ms: 30_000,
  /** Milliseconds between two looks for the forwarder's holder and for peers that the configuration names. */
  named_look_ms: 5_000,
  /** Milliseconds that the peer with the greater id leaves the other to dial first. */
  dial_second_ms: 300,
  /**
   * The most connections that one peer may have forwarded at a time, and all peers: a conductor has one for its relay, and
   * short ones for its looks at the bootstrap server.
   */
  forwards_each_max: 64,
  forwards_max: 2_048,
  /** Milliseconds until a forwarded connection must be open. */
  forward_open_ms: 3_000,
} as const
