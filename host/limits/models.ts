/** Bounds of model files and of fetching them, each with its unit. */
export const modelLimits = {
  /** Deadline for an unreachable model source, in milliseconds: the next source is tried after it. */
  source_connect_ms: 5_000,
  /** How long a model source may be silent, before its first byte and between two, in milliseconds. */
  source_stall_ms: 15_000,
  /** A download's progress is told in steps of so many percent, and no sooner than after so many milliseconds. */
  progress_step_percent: 2,
  progress_every_ms: 1_000,
} as const
