/** Sets the limits of ensembles and their measurements. */

/** Bounds of asking several models at once, and of measuring what that gives, each with its unit. */
export const ensembleLimits = {
  /** The most members of one ensemble, local and cloud together, whatever a policy says. */
  members_max: 16,
  /** The sampling of members that share a model, in thousandths; `top_k` is a count. */
  sample_temperature_milli: 700,
  sample_top_p_milli: 950,
  sample_top_k: 40,
  /** The most passes over an answer until its canonical form stays the same. */
  canonical_rounds_max: 16,
  /** The longest part of an answer that a vote compares, in characters: no longer than an answer of the most tokens. */
  canonical_chars_max: 65_536,
  /** The most records of ensemble queries, and their bytes in all; the oldest are removed first. */
  ensemble_records_max: 2_000,
  ensemble_records_bytes_max: 128 * 1024 * 1024,
  /** The largest set of tasks with known answers, in bytes and in items. */
  eval_set_bytes_max: 8 * 1024 * 1024,
  eval_items_max: 5_000,
  /** Milliseconds for an answer of the best member alone. A late one stops the measurement, which can resume. */
  eval_answer_ms: 120_000,
  /** The most waits of `busy_retry_after_s` for room at one step: ten minutes, without the time of the tries. */
  eval_busy_waits_max: 120,
  /** The most samples of the best single member that spend an ensemble's number of tokens. */
  eval_samples_max: 32,
  /** The largest share of members that may fail, in percent. Beyond it a measurement says nothing of the ensemble. */
  eval_failed_percent_max: 10,
  /** The most measurements whose journals are kept, so that they can resume. */
  measurements_max: 16,
  /** The resamples of a score card's bootstrap; enough for two digits of an interval. */
  bootstrap_resamples: 4_000,
  /** The fewest items of a task type for a win of the ensemble: resamples of a few items show only those few. */
  score_items_min: 20,
  /** Days for which a score card is valid, unless a model or the policy changes before. */
  score_card_days: 30,
  /** The largest score card that is read, in bytes, and the most cards that are kept. */
  score_card_bytes_max: 256 * 1024,
  score_cards_max: 64,
} as const
