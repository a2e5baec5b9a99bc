//! Sizes and ranges that validation enforces. Every one is part of the network's identity: changing it is a new DNA.

/// Shortest task id (the client's idempotency key), in bytes.
pub const TASK_ID_BYTES_MIN: usize = 16;
/// Longest task id, in bytes.
pub const TASK_ID_BYTES_MAX: usize = 64;
/// Largest payload of a task, in bytes. It travels to the grantee in one message.
pub const PAYLOAD_BYTES_MAX: u64 = 1_048_576;
/// Largest output of a task, in bytes.
pub const OUTPUT_BYTES_MAX: u64 = 16_777_216;
/// Longest name (model, code, engine build, backend, tag), in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest CID in its string form, in bytes.
pub const CID_BYTES_MAX: usize = 128;
/// Most tags of a task's requirements.
pub const TAGS_MAX: usize = 16;
/// Most tasks that a task may wait for.
pub const DEPENDS_ON_MAX: usize = 32;
/// Most agents of a fallback allow list.
pub const FALLBACK_AGENTS_MAX: usize = 64;
/// Largest payload that is published for fallback, in bytes: every holder of the task stores it.
pub const FALLBACK_PAYLOAD_BYTES_MAX: u64 = 65_536;
/// Length of a salt and of a secretbox key, in bytes.
pub const SECRET_BYTES: usize = 32;
/// What secretbox adds to a plain text, in bytes.
pub const SECRETBOX_MAC_BYTES: usize = 16;
/// What a sealed box adds to a plain text, in bytes: a public key and a MAC.
pub const SEALED_BOX_BYTES: usize = 48;
/// Most attempts that a task may ask for.
pub const ATTEMPTS_MAX: u32 = 16;
/// Most results that a task may ask for side by side.
pub const REDUNDANCY_MAX: u32 = 8;
/// Most superseded results that a Close may name: one of each attempt.
pub const SUPERSEDED_MAX: usize = 16;
/// Shortest lease, in milliseconds.
pub const LEASE_MS_MIN: u64 = 1_000;
/// Longest lease, in milliseconds (one day).
pub const LEASE_MS_MAX: u64 = 86_400_000;
/// Longest deadline, in milliseconds (thirty days, the longest epoch).
pub const DEADLINE_MS_MAX: u64 = 2_592_000_000;
/// Longest link tag, in bytes.
pub const LINK_TAG_BYTES_MAX: usize = 64;
/// Width of a time bucket for fallback tasks, in milliseconds (ten minutes).
pub const BUCKET_MS: u64 = 600_000;
/// Largest integer that JavaScript holds exactly; no number in an entry may pass it.
pub const SAFE_INTEGER_MAX: u64 = 9_007_199_254_740_991;
/// Largest top-p, in thousandths.
pub const TOP_P_MILLI_MAX: u32 = 1_000;
/// Longest endpoint of an allocation, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 256;
/// Largest content that is pinned as one raw block, in bytes; its CID follows from its bytes alone.
pub const RAW_BLOCK_BYTES_MAX: usize = 1_048_576;
