/** Bounds of asking several models at once, and of measuring what that gives, each with its unit. */
export const ensembleLimits = {
  /** Members of one ensemble, local and cloud ones together, whatever a policy says. */
  members_max: 16,
  /** Sampling of members that are samples of one model, in thousandths; `top_k` is a count. */
  sample_temperature_milli: 700,
  sample_top_p_milli: 950,
  sample_top_k: 40,
  /** How often an answer's canonical form is made again until nothing changes, at most. */
  canonical_rounds_max: 16,
  /** Longest part of an answer that a vote compares, in characters: no longer than an answer of the most tokens. */
  canonical_chars_max: 65_536,
  /** Tokens beyond those of the answer that a member has for the form around it. */
  vote_form_tokens: 16,
  /** Records of ensemble queries that are kept, and their bytes in all; the oldest go first. */
  ensemble_records_max: 2_000,
  ensemble_records_bytes_max: 128 * 1024 * 1024,
  /** Largest set of tasks with known answers, in bytes and in items. */
  eval_set_bytes_max: 8 * 1024 * 1024,
  eval_items_max: 5_000,
  /** Deadline of an answer of the best member alone, in milliseconds; one that is late stops the measurement, to be resumed. */
  eval_answer_ms: 120_000,
  /** How often a measurement waits `busy_retry_after_s` for room at one step: ten minutes beside what its tries take. */
  eval_busy_waits_max: 120,
  /** Most samples that the best single member is given for as many tokens as an ensemble spent. */
  eval_samples_max: 32,
  /** Largest share of a measurement's members that may fail, in percent: beyond it nothing is said of the ensemble. */
  eval_failed_percent_max: 10,
  /** Measurements whose journals are kept, so that one that was stopped can be resumed. */
  measurements_max: 16,
  /** Resamples of the bootstrap of a score card; enough for two digits of an interval. */
  bootstrap_resamples: 4_000,
  /** Fewest items of a kind of task by which an ensemble can win at it: resamples of a few show nothing but those few. */
  score_items_min: 20,
  /** How long a score card holds, in days, unless a model or the policy changes before. */
  score_card_days: 30,
  /** Largest score card that is read, in bytes, and how many are kept. */
  score_card_bytes_max: 256 * 1024,
  score_cards_max: 64,
} as const
