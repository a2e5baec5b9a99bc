/** Sets the limits of the policy gate. */

/** Bounds of the policy gate and its audit, each with its unit. */
export const policyLimits = {
  /**
   * Milliseconds until a decision counts as refused. A decision takes some 20 microseconds, and the way to the thread and
   * back some 60. The rest is for a machine whose cores are all taken by a model.
   */
  policy_decide_ms: 1_000,
  /** Milliseconds for the evaluator's thread to start and compile a policy: it takes some 60. */
  policy_load_ms: 10_000,
  /** The most decisions that wait for the one before, and the milliseconds until a waiting one is refused. */
  policy_waiting_max: 64,
  policy_wait_ms: 5_000,
  /** Milliseconds until a too slow policy is asked again: each time costs a new thread. */
  policy_rest_ms: 10_000,
  /** Milliseconds between two checks whether a policy's file has changed. */
  policy_look_ms: 2_000,
  /** The largest policy that is loaded, in bytes: those of the project have 140 KiB. */
  policy_wasm_bytes_max: 4 * 1024 * 1024,
  /** The most compiled policies that one evaluator's thread keeps. */
  policy_loaded_max: 8,
  /** The most memory of one policy, in pages of 64 KiB: it needs five. */
  policy_memory_pages_max: 256,
  /** The most other memory of the evaluator's thread, in MiB: it needs four. */
  policy_thread_mib_max: 32,
  /** The largest facts for a policy, and its largest answer, in bytes of JSON. */
  policy_facts_bytes_max: 64 * 1024,
  policy_answer_bytes_max: 16 * 1024,
  /** The most decisions that are kept in memory to be shown. */
  policy_last_max: 20,
  /** The bytes of one segment of the audit file, and the most segments that are kept: some 90,000 decisions. */
  audit_segment_bytes: 4 * 1024 * 1024,
  audit_segments_max: 16,
  /** The most decisions about one task that are looked up: the newest ones. */
  policy_about_max: 64,
  /** Milliseconds that a decision may be in the file before it is synced to the disk. */
  audit_sync_ms: 1_000,
  /** The most tasks refused by its policy that a worker remembers, and for how many milliseconds. */
  policy_refused_tasks_max: 1_024,
  policy_refused_ms: 600_000,
  /** Milliseconds until a task may be offered again after its policy could not be asked. */
  policy_retry_ms: 15_000,
} as const
