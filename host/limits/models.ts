/** Bounds of model files and of fetching them, each with its unit. */
export const modelLimits = {
  /** Deadline for an unreachable model source, in milliseconds: the next source is tried after it. */
  source_connect_ms: 5_000,
  /** How long a model source may be silent, before its first byte and between two, in milliseconds. */
  source_stall_ms: 15_000,
  /**
   * Blocks of a large file that are fetched at a time, and after how long one that stays out is asked for again, in
   * milliseconds: soon, since the request may have been lost, then ever later, since the link may be slow.
   */
  file_blocks_in_flight_max: 8,
  file_block_ask_again_ms: { min: 2_000, max: 16_000 },
  /** Blocks of a large file, of 1 MiB, that are on their way or here and that its reader has not taken yet. */
  file_blocks_ahead_max: 16,
  /** Machines that are asked for one model file. */
  model_peers_asked_max: 16,
  /**
   * For how long machines are asked whether they give out a file, how often, and how long others than the first may take to
   * say so as well, in milliseconds.
   */
  model_ask_ms: 20_000,
  model_ask_again_ms: 3_000,
  model_ask_more_ms: 500,
  /** How long peers that give a file may send nothing of it, in milliseconds: a block is asked for twice in that time. */
  model_peers_stall_ms: 25_000,
  /**
   * The least that peers must have given of a file on the average, in bytes a second, and for how long that is not asked of them,
   * in milliseconds: a slow line gives as much, and who gives less holds up the next source.
   */
  model_peers_rate_min: { bytes_per_s: 128 * 1024, after_ms: 60_000 },
  /** Questions for model files that are being answered to one peer, and to all, at a time. */
  model_answers_per_peer_max: 4,
  model_answers_max: 64,
  /** Models in memory that a beat names, and most that one may name. */
  models_told_max: 16,
  /** Deadline for reading the head of a model file, in milliseconds: some megabytes, perhaps from afar. */
  model_inspect_ms: 20_000,
  /** Memory of the process that reads heads, in MiB, and files that one such process reads. */
  model_inspect_heap_mib: 512,
  model_heads_a_process: 64,
  /**
   * For how long it is waited for others before heads are read, and after how long one is read again that could not be, in
   * milliseconds: soon, since the machine may have been busy, then ever later, since the file may bring its reader down each time.
   */
  model_heads_gather_ms: 50,
  model_head_again_ms: { min: 60_000, max: 3_600_000 },
  /** How long a list of the models waits for files that are being read for their sha256, in milliseconds. */
  model_list_wait_ms: 2_000,
  /** How often it is looked whether the card names the models that are here and that there is memory for, in milliseconds. */
  models_look_ms: 60_000,
  /** How long a pull or a removal waits for the card that tells of it, in milliseconds. */
  model_card_wait_ms: 10_000,
  /** The share of the free memory from which on a model is a tight fit. */
  fit_tight_share: 0.8,
  /** Context that a fit is told for where none is named, in tokens. */
  fit_context_tokens: 4_096,
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
