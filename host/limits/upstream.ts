/** Bounds of models that are not of the mesh, each with its unit. */
export const upstreamLimits = {
  /** Deadline of one answer of a provider, in milliseconds: inference_policy's `cloud_tier.timeout_ms`. */
  upstream_answer_ms: 60_000,
} as const
