//! Time buckets under which tasks that allow fallback are found.

use hdi::prelude::*;
use ripple_integrity::anchor_hash;

/// The link base of a bucket: `floor(created_at / BUCKET_MS)` of the task.
pub fn bucket_hash(bucket: u64) -> ExternResult<AnyLinkableHash> {
    anchor_hash(&format!("fallback-{bucket}"))
}
