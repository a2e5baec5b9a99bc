/** Bounds of models that are not of the mesh, each with its unit. */
export const upstreamLimits = {
  /** Deadline of one answer of a provider, in milliseconds: inference_policy's `cloud_tier.timeout_ms`. */
  upstream_answer_ms: 60_000,
  /** How long a provider may send nothing before its answer is given up, in milliseconds. */
  upstream_silence_ms: 30_000,
  /** Answers of providers that one daemon waits for at a time; further ones are refused as busy. */
  upstream_asks_max: 16,
  /** Longest answer of a provider, in bytes of text, and as it comes over the wire with what is around each token. */
  upstream_text_bytes_max: 1024 * 1024,
  upstream_wire_bytes_max: 16 * 1024 * 1024,
  /** Most of a provider's own words that an error repeats, in characters, and bytes of its answer that are read for them. */
  upstream_words_max: 240,
  upstream_words_bytes_max: 16 * 1024,
  /**
   * How many bytes count as a token where a provider counts none: a program's output ends after so many for each token that
   * was asked for.
   */
  upstream_token_bytes: 4,
  /** Most tokens, in or out, that a provider is believed to have counted for one request. */
  upstream_usage_tokens_max: 1_000_000_000,
  /** How long a provider's program may take to stop before its group is killed, in milliseconds. */
  upstream_stop_ms: 2_000,
  /** How long what a program printed is read once it has ended, in milliseconds: another may hold its output open. */
  upstream_drain_ms: 500,
  /** What may be asked of providers in one day (UTC) where the configuration does not say. */
  upstream_tokens_per_day: 1_000_000,
  upstream_requests_per_day: 1_000,
  /** The longest time after which a provider that is busy is said to be asked again, in seconds. */
  upstream_retry_after_s_max: 3_600,
  /** Tokens of a provider's answer where no number was named; the budget reserves all of them. */
  upstream_tokens_default: 4_096,
} as const
