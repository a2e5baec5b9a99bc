// Bounds of the connections to the API, each with its unit.

/** Limits of the API's connections. */
export const apiLimits = {
  /** The longest request body of the API, in bytes. */
  body_bytes_max: 8 * 1024 * 1024,
  /** Milliseconds for the head of a request and for all of it, and between two checks of these deadlines. */
  api_head_ms: 15_000,
  api_request_ms: 30_000,
  api_check_ms: 5_000,
  /** The most connections without a token, and the most in all. */
  api_strangers_max: 256,
  api_connections_max: 1_024,
  /** The most bytes of a too large body that are read and dropped, so that its sender can read the refusal. */
  body_dropped_bytes_max: 64 * 1024 * 1024,
  /** The most extra names of hosts, and of origins, that requests may use. */
  api_names_max: 32,
  /** The most keys that the owner may make for programs, and the largest bound of a key's tokens in one UTC day. */
  keys_max: 64,
  key_tokens_per_day_max: 1_000_000_000,
  /** The most closed tasks that A2A's ListTasks looks through, and the tasks of one page of it. */
  a2a_listed_max: 1_000,
  a2a_page_tasks: 50,
  a2a_page_tasks_max: 100,
  /** The largest receipt that is an artifact of A2A, in bytes: A2A's SDK reads events of 4 MiB, and base64 adds a third. */
  a2a_receipt_bytes_max: 2 * 1024 * 1024,
} as const
