/** Bounds of model files and of fetching them, each with its unit. */
export const modelLimits = {
  /** Deadline for an unreachable model source, in milliseconds: the next source is tried after it. */
  source_connect_ms: 5_000,
  /** How long a model source may be silent, before its first byte and between two, in milliseconds. */
  source_stall_ms: 15_000,
  /** Longest page of a package index, in characters. */
  index_page_chars_max: 16 * 1024 * 1024,
  /** Room on the disk that a fetched model leaves, in bytes: chains, journal and logs go on growing. */
  model_disk_spare_bytes: 256 * 1024 * 1024,
  /** A download's progress is told in steps of so many percent, and no sooner than after so many milliseconds. */
  progress_step_percent: 2,
  progress_every_ms: 1_000,
  /** Spans of hours that an owner may name. */
  share_hours_max: 16,
  /** How often the machine is looked at by the owner's settings, in milliseconds. */
  share_look_ms: 10_000,
  /**
   * From what share of all cores on others' programs count as somebody who uses the machine, in percent, and for how long
   * after that nobody else's work is taken, in milliseconds: as long as screens wait before they turn dark.
   */
  share_used_cpu_percent: 30,
  share_used_rest_ms: 300_000,
} as const
