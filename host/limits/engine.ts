/** Bounds of the engine and of one run, each with its unit. */
export const engineLimits = {
  /** Deadline for the engine's process to be ready, in milliseconds: it loads the native library and probes it. */
  engine_ready_ms: 60_000,
  /**
   * How long a run may take to stop when it is aborted, in milliseconds. Then it counts as ended, and its process is killed unless
   * another run, which nobody has aborted, goes on in it.
   */
  engine_stop_ms: 800,
  /** How long a model stays in memory without a run, and the engine's process without a model, in milliseconds. */
  engine_idle_ms: 300_000,
  /**
   * Most runs at a time where the caller names no number. They share a batch and nobody waits for a whole answer of another; each
   * needs its part of a context. On one thread, four give a tenth more tokens a second than one after the other
   * (docs/BENCHMARKS.md).
   */
  engine_slots_max: 4,
  /** Runs that wait for their turn; further ones are refused as busy. */
  engine_waiting_max: 64,
  /** Share of the machine's free memory that models may take where no budget is named. */
  engine_memory_share: 0.6,
  /** Tokens of each run's part of the context that runs of a model share; a run that needs more gets a context of its own. */
  engine_sequence_tokens: 2_048,
  /**
   * Most tokens that are read at a time: an abort waits for them, and so do the other runs of the batch. A CPU reads as fast with
   * 128 as with 512, whose buffers take four times the memory; a GPU does not.
   */
  engine_batch_tokens: { cpu: 128, gpu: 512 },
  /**
   * How long runs that share a context wait for what others of them read, in milliseconds, which an answer may well pause; and tokens of
   * the first piece, by which that is measured.
   */
  read_step_ms: 1_000,
  read_first_tokens: 16,
  /**
   * Longest text that is embedded beside answers, in bytes: some 60 tokens of most languages, for which they stand still, 3 s where
   * twenty are read in a second. For a longer one they are waited for, and wait.
   */
  embed_beside_bytes_max: 256,
  /** Fewest generated tokens by which a run's speed is measured. */
  speed_tokens_min: 16,
  /** How many times faster or slower a machine must have become before its card is written for that. */
  speed_factor: 2,
  /** Most threads of a run; one core is always left to the rest of the machine. */
  engine_threads_max: 16,
  /** Bytes of the engine's last words that explain its death. */
  engine_last_words_bytes_max: 1_024,
  /** How long the engine may generate nothing in mid-answer before its run is given up, in milliseconds. */
  engine_stall_ms: 5_000,
  /** Tokens generated when the caller names no number. */
  max_tokens_default: 256,
  /** Most tokens that a caller may ask for: the largest context of the model list. */
  max_tokens_max: 131_072,
  /** Smallest context that a task asks for, and what a chat template adds to a prompt at most, in tokens. */
  context_tokens_min: 2_048,
  template_tokens: 256,
  /** Function calls of one answer. */
  tool_calls_max: 8,
  /**
   * Largest count by which a schema may bound a string or a list, how deep it may nest, and how many characters it and its grammar may
   * have. All of it is read while nothing else of the process goes on.
   */
  schema_count_max: 1_000,
  schema_depth_max: 32,
  schema_chars_max: 256 * 1024,
  schema_grammar_chars_max: 256 * 1024,
  /** Most schemas within a schema that are read; one that is combined with others counts each time. */
  schema_values_max: 20_000,
  /** Characters of a schema's grammar that may count those of texts with a pattern or a format. */
  schema_counted_chars_max: 128 * 1024,
  /** Longest pattern that a grammar is made of, in characters, and most digits behind the point of a range's bounds. */
  schema_pattern_chars_max: 2_000,
  schema_places_max: 9,
  /** Looks at schemas and their values by which the branches of a schema are told apart. */
  schema_looks_max: 100_000,
  /** Values within values to which an answer is held to its schema, and pairs of value and schema that are compared: some 0.1 s. */
  answer_depth_max: 128,
  answer_checks_max: 1_000_000,
  /**
   * Deadlines for compiling a schema with ajv, and for the check of a whole answer, in milliseconds: the rest of the daemon waits
   * meanwhile. Only hostile schemas and patterns take so long.
   */
  schema_compile_ms: 5_000,
  answer_check_ms: 1_000,
  /** Least temperature of the second try after an answer broke its schema, in thousandths. */
  asked_again_temperature_milli: 500,
  /** Longest answer that is held to its schema, in UTF-16 units. */
  answer_form_chars_max: 128 * 1024,
} as const
