// Bounds of the connections to the API, each with its unit.

/** Bounds of the connections to the API. */
export const apiLimits = {
  /** Deadlines for the head of a request to the API and for all of it, and how often they are checked, in milliseconds. */
  api_head_ms: 15_000,
  api_request_ms: 30_000,
  api_check_ms: 5_000,
  /** Connections to the API that have not given a token, and all together. */
  api_strangers_max: 256,
  api_connections_max: 1_024,
  /** How much is read and dropped of a body that is too large, in bytes, so that its sender gets to read the refusal. */
  body_dropped_bytes_max: 64 * 1024 * 1024,
  /** Names of hosts, and of origins, that may come in besides the machine's own. */
  api_names_max: 32,
} as const
