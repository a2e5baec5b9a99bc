/** Sets the limits of the node API. */

/** Bounds of requests to the node API, and the weights of its placement. */
export const nodeLimits = {
  /** The longest rendered compose file, in UTF-16 units, and the most variables of one deployment. */
  compose_chars_max: 262_144,
  deployment_vars_max: 64,
  /** Seconds between two heartbeats of a client of the node API. */
  node_heartbeat_s: 30,
  /** The weights of a node's score: of each free GiB of memory, of each free GiB of disk, and of a GPU. */
  node_memory_weight: 1,
  node_disk_weight: 0.1,
  node_gpu_weight: 50,
} as const
