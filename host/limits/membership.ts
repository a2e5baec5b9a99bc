/** Defines the limits of invites and memberships. */
export const membershipLimits = {
  /** The most invites of a machine that have not expired. */
  invites_max: 64,
  /** The most machines that join with one invite. */
  invite_uses_max: 64,
  /** The longest life of an invite, in milliseconds: 30 days. */
  invite_ms_max: 30 * 24 * 3_600_000,
  /** The life of an invite that is given none, in milliseconds: one day. */
  invite_ms_default: 24 * 3_600_000,
  /** The longest request or answer about an invite, in bytes. */
  invite_frame_bytes_max: 4_096,
  /** Milliseconds until a request about an invite is abandoned. */
  invite_ask_ms: 10_000,
  /** The requests about invites that are answered at a time: of one peer, and of all. */
  invites_asked_each_max: 1,
  invites_asked_max: 8,
  /** The life of a spoken code, in milliseconds: ten minutes. */
  code_ms: 600_000,
  /** The tries after which a spoken code is worth nothing. */
  code_tries_max: 8,
  /** Milliseconds for which a machine looks for one that offers its spoken code. */
  code_look_ms: 20_000,
  /** Milliseconds between two looks for revocations: a revoked member is refused within a minute. */
  revocations_look_ms: 20_000,
} as const
