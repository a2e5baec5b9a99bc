/** Sets the limits of the rendezvous: how the machines of a LAN agree on one bootstrap server. */

/** Bounds of the rendezvous, each with its unit. */
export const rendezvousLimits = {
  /** Milliseconds for one exchange of hellos over an open connection. Dialling has `peer_dial_ms` of its own. */
  hello_ms: 2_000,
  /** Milliseconds between two hellos to the peer that this machine points at. */
  hello_every_ms: 3_000,
  /** Milliseconds until a peer is greeted again that may know a server, or with which greetings crossed. */
  hello_lacking_ms: 1_000,
  /** Milliseconds until a peer that was told of another server than its own, and stays there, is told again. */
  hello_differs_ms: 5_000,
  /** Milliseconds that the peer with the greater id waits for the other's hello before it sends its own. */
  hello_second_ms: 1_000,
  /** The shortest and longest pause between two hellos to a connected peer that does not answer, in milliseconds. */
  hello_retry_ms: { min: 500, max: 10_000 },
  /** The same for a peer without a connection. */
  dial_retry_ms: { min: 3_000, max: 60_000 },
  /** Milliseconds after a try until a peer that mDNS names again is dialled at once. */
  dial_found_ms: 5_000,
  /** Hellos without an answer, one after another, from which on a peer counts as out of reach. */
  hello_failures_max: 3,
  /** Milliseconds without a server until a machine starts its own: mDNS takes 0.5 s. */
  server_settle_ms: 2_000,
  /** Milliseconds that a machine waits for each peer that should serve before it, or that still names a server. */
  server_patience_ms: 12_000,
  /** Milliseconds for which a sighting counts that was not heard again, or whose pulse stands still. */
  sighting_fresh_ms: 15_000,
  /** The shortest and longest time for which a machine whose server failed leaves the place to others, in milliseconds. */
  server_back_ms: { min: 5_000, max: 300_000 },
  /** Milliseconds of service after which earlier failures of a server no longer count. */
  server_proven_ms: 60_000,
  /** The most peers on the way from a machine to its server. */
  hops_max: 32,
  /** The connected peers that a machine without a server asks at first; two more for each that does not answer. */
  asked_first: 8,
  /** The most peers that the rendezvous knows, and the milliseconds for which it remembers one out of reach. */
  rendezvous_peers_max: 512,
  rendezvous_peer_ms: 1_800_000,
  /** The most servers that a machine remembers having lost. */
  servers_lost_max: 16,
} as const
