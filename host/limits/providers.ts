/** Sets the limits of providers, which serve models outside the mesh. */

/** Bounds of providers and their answers, each with its unit. */
export const providerLimits = {
  /** Milliseconds for one answer of a provider: inference_policy's `cloud_tier.timeout_ms`. */
  upstream_answer_ms: 60_000,
  /** Milliseconds that a provider may send nothing before its answer is abandoned. */
  upstream_silence_ms: 30_000,
  /** The most answers of providers that one daemon waits for at a time; further asks are refused as busy. */
  upstream_asks_max: 16,
  /** The longest answer of a provider, in bytes of text, and in bytes on the wire with the data around each token. */
  upstream_text_bytes_max: 1024 * 1024,
  upstream_wire_bytes_max: 16 * 1024 * 1024,
  /** The most of a provider's own words in an error, in characters, and the most bytes of its answer that are read for them. */
  upstream_words_max: 240,
  upstream_words_bytes_max: 16 * 1024,
  /**
   * The bytes that count as a token if a provider counts none. A program's output ends at this many bytes for each requested
   * token.
   */
  upstream_token_bytes: 4,
  /** The largest token count, read or generated, that is accepted from a provider for one request. */
  upstream_usage_tokens_max: 1_000_000_000,
  /** Milliseconds for a provider's program to stop before its group is killed. */
  upstream_stop_ms: 2_000,
  /** Milliseconds for which an ended program's output is read: another process may hold the output open. */
  upstream_drain_ms: 500,
  /** The most tokens and requests to providers in one UTC day by default. */
  upstream_tokens_per_day: 1_000_000,
  upstream_requests_per_day: 1_000,
  /** The longest `Retry-After` for a busy provider, in seconds. */
  upstream_retry_after_s_max: 3_600,
  /** The tokens of a provider's answer by default; the budget reserves all of them. */
  upstream_tokens_default: 4_096,
} as const
