/** Sets the limits of `doctor`. */

/** Bounds of checks and comparisons, each with its unit. */
export const doctorLimits = {
  /** Milliseconds for one check of `doctor`. */
  doctor_check_ms: 10_000,
  /** Milliseconds for one probe of the facts. */
  doctor_probe_ms: 4_000,
  /** Milliseconds for a comparison with another machine. */
  doctor_compare_ms: 30_000,
  /** Milliseconds for a stream of a comparison, and for messages instead of it. */
  doctor_stream_ms: 12_000,
  doctor_message_ms: 10_000,
  /** Milliseconds for a connection attempt of a comparison. */
  doctor_tcp_ms: 2_000,
  /** Milliseconds that UDP packets of a comparison may be under way, and how many are sent. */
  doctor_udp_ms: 600,
  doctor_udp_packets: 3,
  /** The most addresses that a comparison tries. */
  doctor_addresses_max: 8,
  /** The longest code of a machine, in characters. */
  doctor_code_chars_max: 16_384,
  /** The largest message of a comparison, in bytes. */
  doctor_frame_bytes_max: 64 * 1024,
  /** Bytes of the number that ties an answer to its question. */
  doctor_nonce_bytes: 16,
  /** The most comparisons that a machine takes part in at a time, at the wish of others. */
  doctor_comparisons_max: 4,
  /** The least characters by which a key or a peer id may be named. */
  doctor_prefix_chars_min: 10,
  /** The end of each log in an archive for a bug report, in characters, and the largest archive, in bytes. */
  doctor_log_chars_max: 256 * 1024,
  doctor_bundle_bytes_max: 16 * 1024 * 1024,
  /** The most peers that mDNS has found whose ids are kept. */
  doctor_found_max: 1_024,
} as const
