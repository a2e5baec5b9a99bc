//! Sizes and ranges of `artifact_index`. Every one is part of the network's identity.

/// Longest media type, in bytes (RFC 6838 allows 127 for each half; no registered one comes near).
pub const MEDIA_TYPE_BYTES_MAX: usize = 128;
/// Longest promise to keep an artifact, in milliseconds (366 days).
pub const PIN_MS_MAX: u64 = 31_622_400_000;
/// Highest number of a replica; the first is 1.
pub const REPLICA_MAX: u32 = 64;
/// Most artifacts that one call adds; each costs two actions and their ops.
pub const BATCH_MAX: usize = 64;
