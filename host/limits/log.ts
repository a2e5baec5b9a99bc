/** Sets the limits of reading the daemon's log. */

/** Bounds of one reading of the log, each with its unit. */
export const logLimits = {
  /** The most lines of one answer. */
  log_lines_max: 500,
  /** Milliseconds until a reader that waits for a newer line is answered without one. */
  log_follow_ms: 20_000,
  /** Milliseconds between two looks for a newer line. */
  log_look_ms: 250,
} as const
