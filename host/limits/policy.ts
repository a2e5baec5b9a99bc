/** Bounds of the policy gate, each with its unit. */
export const policyLimits = {
  /**
   * How long one decision may take before it counts as refused, in milliseconds. It takes some 20 microseconds and the way to
   * the thread and back some 60; the rest is for a machine whose cores are all taken by a model.
   */
  policy_decide_ms: 1_000,
  /** How long the evaluator's thread may take to start and to compile a policy, in milliseconds: it takes some 60. */
  policy_load_ms: 10_000,
  /** Decisions that wait for the one before, and how long one waits before it is refused, in milliseconds. */
  policy_waiting_max: 64,
  policy_wait_ms: 5_000,
  /** How long a policy that was too slow is not asked again, in milliseconds: each time costs a new thread. */
  policy_rest_ms: 10_000,
  /** How often it is looked whether a policy's file is another one, in milliseconds. */
  policy_look_ms: 2_000,
  /** Largest policy that is loaded, in bytes: those of the project have 140 KiB. */
  policy_wasm_bytes_max: 4 * 1024 * 1024,
  /** Policies that one evaluator's thread keeps compiled. */
  policy_loaded_max: 8,
  /** Memory that one policy may have, in pages of 64 KiB: it needs five. */
  policy_memory_pages_max: 256,
  /** Memory that the evaluator's thread may have beside that, in MiB: it needs four. */
  policy_thread_mib_max: 32,
  /** Largest facts that a policy is asked with, and largest answer of one, in bytes of JSON. */
  policy_facts_bytes_max: 64 * 1024,
  policy_answer_bytes_max: 16 * 1024,
  /** Decisions that are kept in memory to be shown. */
  policy_last_max: 20,
  /** Size of one segment of the audit file, in bytes, and how many are kept: some 90,000 decisions. */
  audit_segment_bytes: 4 * 1024 * 1024,
  audit_segments_max: 16,
  /** Decisions about one task that are looked up, the newest of them. */
  policy_about_max: 64,
  /** How long a decision may be in the file without having been synced to the disk, in milliseconds. */
  audit_sync_ms: 1_000,
  /** Tasks that a worker remembers to have refused by its policy, and for how long, in milliseconds. */
  policy_refused_tasks_max: 1_024,
  policy_refused_ms: 600_000,
  /** After how long a task may be offered again whose policy could not be asked, in milliseconds. */
  policy_retry_ms: 15_000,
} as const
