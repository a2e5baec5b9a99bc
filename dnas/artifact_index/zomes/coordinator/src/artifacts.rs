//! Zome `artifacts`: which content is on IPFS.

use artifact_index_integrity::{cid_base, EntryTypes, LinkTypes};
use hdk::prelude::*;
use ripple_coordinator::{app_records_after, listed, write_listed, written};
use ripple_integrity::Stored;
use ripple_shared::artifact_index::limits::BATCH_MAX;
use ripple_shared::artifact_index::Artifact;
use ripple_shared::{ActionHashB64, Written};

/// Indexes one artifact.
#[hdk_extern]
pub fn add(artifact: Artifact) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::Artifact(Stored(artifact)),
        LinkTypes::ArtifactsByCid,
    )
}

/// Indexes several artifacts in one commit: all or none.
#[hdk_extern]
pub fn add_batch(artifacts: Vec<Artifact>) -> ExternResult<Vec<ActionHashB64>> {
    if artifacts.len() > BATCH_MAX {
        return Err(wasm_error!("a batch has at most {} artifacts", BATCH_MAX));
    }
    artifacts.into_iter().map(add).collect()
}

/// The artifacts that have this CID, whoever indexed them, oldest first.
#[hdk_extern]
pub fn by_cid(cid: String) -> ExternResult<Vec<Written<Artifact>>> {
    listed(LinkQuery::try_new(
        cid_base(&cid)?,
        LinkTypes::ArtifactsByCid,
    )?)
}

/// The artifacts that this peer indexed, oldest first.
#[hdk_extern]
pub fn mine() -> ExternResult<Vec<Written<Artifact>>> {
    Ok(app_records_after(0)?.iter().filter_map(written).collect())
}
