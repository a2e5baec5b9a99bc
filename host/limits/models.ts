/** Sets the limits of model files, their downloads and the owner's sharing. */

/** Bounds of model files and of fetching them, each with its unit. */
export const modelLimits = {
  /** Milliseconds until an unreachable model source is abandoned for the next one. */
  source_connect_ms: 5_000,
  /** Milliseconds that a model source may be silent, before its first byte and between two. */
  source_stall_ms: 15_000,
  /**
   * The most blocks of a large file that are fetched at a time, and the milliseconds until a missing block is asked for
   * again. The first wait is short, since the request may be lost. Later waits grow, since the link may be slow.
   */
  file_blocks_in_flight_max: 8,
  file_block_ask_again_ms: { min: 2_000, max: 16_000 },
  /** The most blocks of a large file, of 1 MiB, that are on their way or wait for its reader. */
  file_blocks_ahead_max: 16,
  /** The most machines that are asked for one model file. */
  model_peers_asked_max: 16,
  /**
   * Milliseconds in which machines are asked whether they offer a file, between two asks, and for further offers after the
   * first.
   */
  model_ask_ms: 20_000,
  model_ask_again_ms: 3_000,
  model_ask_more_ms: 500,
  /** Milliseconds that peers may send nothing of a file: a block is asked for twice in that time. */
  model_peers_stall_ms: 25_000,
  /**
   * The lowest average speed of peers that send a file, in bytes a second, and the milliseconds until it applies. A slow
   * line reaches it, and slower peers hold up the next source.
   */
  model_peers_rate_min: { bytes_per_s: 128 * 1024, after_ms: 60_000 },
  /** The most questions for model files that are being answered at a time, to one peer and to all. */
  model_answers_per_peer_max: 4,
  model_answers_max: 64,
  /** The most models in memory that a beat names. */
  models_told_max: 16,
  /** Milliseconds for reading the head of a model file: some megabytes, perhaps from a remote disk. */
  model_inspect_ms: 20_000,
  /** The memory of the process that reads heads, in MiB, and the files that one such process reads. */
  model_inspect_heap_mib: 512,
  model_heads_a_process: 64,
  /**
   * Milliseconds until a failed read of a head is repeated. The first wait is short, since the machine may be busy. Later
   * waits grow, since the file may crash its reader each time.
   */
  model_head_again_ms: { min: 60_000, max: 3_600_000 },
  /** Milliseconds between two looks at the models folder and at the memory, which decide what the card names. */
  models_look_ms: 60_000,
  /** The share of the free memory above which a model is a tight fit. */
  fit_tight_share: 0.8,
  /** The default context of a fit, in tokens. */
  fit_context_tokens: 4_096,
  /** The disk space that a fetched model leaves free, in bytes: chains, journal and logs still grow. */
  model_disk_spare_bytes: 256 * 1024 * 1024,
  /** The least step between two progress reports of a download, in percent and in milliseconds. */
  progress_step_percent: 2,
  progress_every_ms: 1_000,
  /** The most paused or failed pulls that a daemon remembers. */
  model_pulls_noted_max: 64,
  /** The most spans of hours that an owner may set. */
  share_hours_max: 16,
  /** The longest pause of sharing that ends by itself, in milliseconds. */
  share_pause_ms_max: 31 * 24 * 3_600_000,
  /** Milliseconds between two checks of the machine against the owner's settings. */
  share_look_ms: 10_000,
  /**
   * The share of all cores, in percent, at which other programs count as a user at the machine, and the milliseconds after that
   * without work for other machines. They are as long as screens wait before they turn dark.
   */
  share_used_cpu_percent: 30,
  share_used_rest_ms: 300_000,
} as const
