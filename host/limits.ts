/**
 * Every bound of the host, each with its unit. The bounds of entries live in `dnas/shared/src/limits.rs`, because
 * peers hold each other to them; these here are one machine's own.
 */
export const limits = {
  /** Longest prompt, in bytes: the payload bound less its envelope. */
  prompt_bytes_max: 1_000_000,
  /** Longest request body of the API, in bytes. */
  body_bytes_max: 8 * 1024 * 1024,
  /** Largest message between daemons, in bytes: a payload and its envelope. */
  message_bytes_max: 2 * 1024 * 1024,
  /** Largest artifact that `artifact add` takes, in bytes. */
  artifact_bytes_max: 1024 * 1024 * 1024,
  /** Largest block that is kept as one raw block, in bytes; above it, UnixFS with fixed chunks of this size. */
  raw_block_bytes_max: 1024 * 1024,
  /** Tasks that one poster's daemon keeps open. */
  open_tasks_max: 1_000,
  /** Grants that one worker's daemon holds at a time, running or waiting. */
  held_grants_max: 4,
  /** How long an offer waits for its answer before the next peer is asked, in milliseconds. */
  offer_wait_ms: 2_000,
  /** How often a poster with no taker asks again, in milliseconds. */
  offer_again_ms: 5_000,
  /** Default lease, in milliseconds. */
  lease_ms: 30_000,
  /** How often a worker renews its lease, as a divisor of the lease. */
  lease_renewals: 3,
  /** Default deadlines of a task, in milliseconds. */
  deadlines_ms: { queue: 600_000, run: 600_000, total: 3_600_000 },
  /** Attempts that a task gets by default. */
  attempts: 3,
  /** How often a peer says that it is there, in milliseconds. */
  presence_every_ms: 30_000,
  /** Missed beats after which a peer counts as offline. */
  presence_missed_max: 3,
  /** Deadline of one zome call, in milliseconds. */
  zome_call_ms: 30_000,
  /** Deadline of one message to a peer, in milliseconds. */
  message_send_ms: 10_000,
  /** Deadline of fetching an output, in milliseconds. */
  artifact_fetch_ms: 60_000,
  /** Deadline for the conductor to become ready, in milliseconds. */
  conductor_ready_ms: 60_000,
  /** How long the conductor may take to stop before it is killed, in milliseconds. */
  conductor_stop_ms: 15_000,
  /** Shortest and longest pause before a dead child is started again, in milliseconds. */
  restart_backoff_ms: { min: 500, max: 30_000 },
  /** How long the daemon may take to stop, in milliseconds. */
  shutdown_ms: 20_000,
  /** Deadline for an unreachable model source, in milliseconds: the next source is tried after it. */
  source_connect_ms: 5_000,
  /** Tokens generated when the caller names no number. */
  max_tokens_default: 256,
  /** Most tokens that a caller may ask for. */
  max_tokens_max: 4_096,
} as const
