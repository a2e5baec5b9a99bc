//! Sizes and ranges of `policy_store`. Every one is part of the network's identity.

/// Longest source of a policy, in bytes.
pub const SOURCE_BYTES_MAX: usize = 65_536;
/// Most reason codes of a decision.
pub const REASONS_MAX: usize = 16;
/// Longest subject of a decision, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 256;
/// Most records that one audit segment counts.
pub const SEGMENT_RECORDS_MAX: u32 = 1_000_000;
/// Width of a time bucket of decisions, in milliseconds (one hour).
pub const DECISION_BUCKET_MS: u64 = 3_600_000;
