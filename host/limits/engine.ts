/** Sets the limits of the engine process, its runs and its schemas. */

/** Bounds of the engine and of one run, each with its unit. */
export const engineLimits = {
  /** Milliseconds until the engine's process must be ready: it loads the native library and probes it. */
  engine_ready_ms: 60_000,
  /**
   * Milliseconds that an aborted run may take to stop. Then it counts as ended, and its process is killed unless another run
   * is active in it.
   */
  engine_stop_ms: 800,
  /** Milliseconds that a model stays in memory without a run, and that the engine's process stays without a model. */
  engine_idle_ms: 300_000,
  /**
   * The most runs at a time by default. They share a batch, so none waits for another's whole answer; each needs its part of
   * a context. On one thread, four together give a tenth more tokens a second than four in turn (docs/BENCHMARKS.md).
   */
  engine_slots_max: 4,
  /** The most runs that wait for their turn; further ones are refused as busy. */
  engine_waiting_max: 64,
  /** The share of the machine's free memory that models may take without a configured budget. */
  engine_memory_share: 0.6,
  /** Tokens of each run's part of a context that runs of a model share. A run that needs more gets its own context. */
  engine_sequence_tokens: 2_048,
  /**
   * The most tokens that are read at a time: an abort and the other runs of the batch wait for them. A CPU reads as fast
   * with 128 as with 512, whose buffers take four times the memory; a GPU does not.
   */
  engine_batch_tokens: { cpu: 128, gpu: 512 },
  /**
   * Milliseconds that runs in a shared context wait while others of them read, a pause that an answer can bear. The second
   * limit is the tokens of the first piece, by which the reading speed is measured.
   */
  read_step_ms: 1_000,
  read_first_tokens: 16,
  /**
   * The longest text, in bytes, that is embedded while answers are generated. It is some 60 tokens of most languages, which
   * stop the answers for 3 s at twenty tokens a second. A longer text and the answers wait for each other.
   */
  embed_beside_bytes_max: 256,
  /** The fewest generated tokens by which a run's speed is measured. */
  speed_tokens_min: 16,
  /** The factor by which a machine's speed must change before its card is written again. */
  speed_factor: 2,
  /** The most threads of a run; one core is always left to the rest of the machine. */
  engine_threads_max: 16,
  /** The bytes of the engine's last output that are kept to explain its death. */
  engine_last_words_bytes_max: 1_024,
  /** Milliseconds without a new token in mid-answer until a run is abandoned. */
  engine_stall_ms: 5_000,
  /** The most generated tokens by default. */
  max_tokens_default: 256,
  /** The most tokens that a caller may ask for: the largest context of the model list. */
  max_tokens_max: 131_072,
  /** The smallest context of a task, and the most that a chat template adds to a prompt, in tokens. */
  context_tokens_min: 2_048,
  template_tokens: 256,
  /** The most function calls of one answer. */
  tool_calls_max: 8,
  /**
   * The largest count by which a schema may bound a string or a list, its deepest nesting, and the most characters of it and
   * of its grammar. Reading all of it blocks the process.
   */
  schema_count_max: 1_000,
  schema_depth_max: 32,
  schema_chars_max: 256 * 1024,
  schema_grammar_chars_max: 256 * 1024,
  /** The most schemas within a schema that are read. A schema that is combined with others counts each time. */
  schema_values_max: 20_000,
  /** The most characters of a schema's grammar that may count those of texts with a pattern or a format. */
  schema_counted_chars_max: 128 * 1024,
  /** The longest pattern that becomes a grammar, in characters, and the most decimal places of a range's bounds. */
  schema_pattern_chars_max: 2_000,
  schema_places_max: 9,
  /** The most reads of schemas and their values to tell the branches of a schema apart. */
  schema_looks_max: 100_000,
  /** The deepest nesting of a checked answer, and the most pairs of value and schema that are compared: some 0.1 s. */
  answer_depth_max: 128,
  answer_checks_max: 1_000_000,
  /**
   * Milliseconds for compiling a schema with ajv, and for checking a whole answer. The rest of the daemon waits meanwhile.
   * Only hostile schemas and patterns take so long.
   */
  schema_compile_ms: 5_000,
  answer_check_ms: 1_000,
  /** The lowest temperature of the second try after an answer broke its schema, in thousandths. */
  asked_again_temperature_milli: 500,
  /** The longest answer that is checked against its schema, in UTF-16 units. */
  answer_form_chars_max: 128 * 1024,
  /**
   * The most tokens that are scored at a time. llama.cpp keeps the logits of all of them: 64 MiB for a vocabulary of 262,144
   * tokens.
   */
  scored_tokens_at_once: 64,
} as const
