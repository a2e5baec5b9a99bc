//! Zome `provenance`: which task an artifact came from.

use artifact_index_integrity::{EntryTypes, LinkTypes};
use hdk::prelude::*;
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::artifact_index::Provenance;
use ripple_shared::{ActionHashB64, Written};

/// States where an artifact came from.
#[hdk_extern]
pub fn record(provenance: Provenance) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::Provenance(Stored(provenance)),
        LinkTypes::ProvenanceOf,
    )
}

/// What was stated about an artifact's origin, oldest first.
#[hdk_extern]
pub fn of(artifact: ActionHashB64) -> ExternResult<Vec<Written<Provenance>>> {
    listed(LinkQuery::try_new(
        ActionHash::from(artifact),
        LinkTypes::ProvenanceOf,
    )?)
}
