/** Sets the limits of offers of resources and of allocations. */

/** Bounds of offers and allocations, each with its unit. */
export const resourceLimits = {
  /** Milliseconds that an offer lasts. It is written again before an allocation of the longest time would outlive it. */
  resource_offer_ms: 48 * 3_600_000,
  /** The longest and the usual time of an allocation, in seconds. */
  allocation_s_max: 24 * 3_600,
  allocation_s: 3_600,
  /** Milliseconds from the start to the first offer, so that it does not slow the start. */
  resource_offer_first_ms: 30_000,
  /** Milliseconds between two looks whether the offer still says what is shared. */
  resource_offer_look_ms: 60_000,
  /** The shortest time between two offers because of a changed amount, in milliseconds. */
  resource_offer_rest_ms: 600_000,
  /** The most allocations that run on this machine, in all and for one holder. */
  allocations_max: 64,
  allocations_per_holder_max: 8,
  /** The most allocations and renewals that this machine writes in an hour: each takes two actions of its chain. */
  allocation_writes_per_hour: 32,
  /** The most questions of peers about allocations that are answered at a time, in all and for one peer. */
  resource_asks_max: 16,
  resource_asks_per_peer_max: 2,
  /** Milliseconds that a peer has to answer such a question. */
  resource_ask_ms: 20_000,
  /** The most machines that are asked for one allocation. */
  resource_tries_max: 3,
  /** The most machines whose offers are read for one list, and how many are read at a time. */
  resource_peers_max: 192,
  resource_reads_max: 8,
  /** Bytes of the number that ties an answer to its question. */
  resource_nonce_bytes: 16,
  /** The most of a peer's words about a refusal, in characters. */
  resource_words_max: 240,
} as const
