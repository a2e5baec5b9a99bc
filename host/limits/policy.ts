/** Bounds of the policy gate, each with its unit. */
export const policyLimits = {
  /** How long one decision may take before it counts as refused, in milliseconds: it takes some 10 microseconds. */
  policy_decide_ms: 250,
} as const
