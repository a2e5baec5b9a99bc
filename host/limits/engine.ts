/** Bounds of the engine and of one run, each with its unit. */
export const engineLimits = {
  /** Deadline for the engine's process to be ready, in milliseconds: it loads the native library and probes it. */
  engine_ready_ms: 60_000,
  /** How long a run may take to stop when it is aborted, in milliseconds; then its process is killed. */
  engine_stop_ms: 800,
  /** How long the engine's process is kept without a run, in milliseconds: its model's memory is given back after it. */
  engine_idle_ms: 300_000,
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
  /** Most tokens that a caller may ask for. */
  max_tokens_max: 4_096,
  /** Smallest context that a task asks for, and what a chat template adds to a prompt at most, in tokens. */
  context_tokens_min: 2_048,
  template_tokens: 256,
} as const
