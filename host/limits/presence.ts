/** Lists the limits of presence, and of the connections that show it. */

/** Bounds of presence, each with its unit. */
export const presenceLimits = {
  /** Milliseconds between two presence messages. */
  presence_every_ms: 30_000,
  /** Milliseconds between two searches for new cards by a machine that hears of no other. */
  presence_look_ms: 2_000,
  /** The missed beats after which a peer without a connection counts as unreachable. */
  presence_missed_max: 3,
  /** The most peers that get a beat by stream. Further peers get it by signal, because a node keeps only so many connections. */
  presence_streams_max: 192,
  /**
   * The longest pause, in beats, between two signals to a peer that no stream reaches and that does not answer. Each signal
   * to a dead address blocks the conductor until its connection attempt has timed out.
   */
  presence_signal_beats_max: 10,
  /** The shortest pause between two beats out of turn, and between two answers to one peer, in milliseconds. */
  presence_answer_ms: 1_000,
  /** Milliseconds for the last beat when the daemon stops. */
  presence_goodbye_ms: 1_000,
  /** The most agents that one look greets because the network names them and no card of them is here. */
  strangers_max: 16,
  /** The most cards that are kept from machines themselves before the DHT has them. */
  introduced_cards_max: 1_024,
  /** The most machines that are accepted on a local network. */
  accepted_peers_max: 1_024,
  /** The most agents whose beats are kept. */
  presence_agents_max: 4_096,
  /**
   * Milliseconds between two pings of a connection, and the shortest and longest wait for an answer. A connection without an
   * answer is ended. With the dial that follows, a host that falls silent counts as unreachable within 30 s.
   */
  link_ping_ms: 10_000,
  link_answer_ms: { min: 5_000, max: 8_000 },
  /**
   * The first and the longest pause between two dials of a peer whose connection has ended, and the time after which only the
   * beats dial it, in milliseconds. The most such dials at a time.
   */
  link_dial_pause_ms: { min: 5_000, max: 10_000 },
  link_dial_for_ms: 120_000,
  link_dials_max: 32,
  /** Milliseconds between two looks whether this machine slept, or has other addresses. */
  return_look_ms: 5_000,
} as const
