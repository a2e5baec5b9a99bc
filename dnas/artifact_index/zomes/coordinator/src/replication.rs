//! Zome `replication`: who keeps an artifact, and until when.

use artifact_index_integrity::{EntryTypes, LinkTypes};
use hdk::prelude::*;
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::artifact_index::PinCommitment;
use ripple_shared::{ActionHashB64, Written};

/// Promises to keep an artifact.
#[hdk_extern]
pub fn commit_pin(pin: PinCommitment) -> ExternResult<ActionHashB64> {
    write_listed(EntryTypes::PinCommitment(Stored(pin)), LinkTypes::PinsOf)
}

/// The promises to keep an artifact, ended ones included, oldest first.
#[hdk_extern]
pub fn pins(artifact: ActionHashB64) -> ExternResult<Vec<Written<PinCommitment>>> {
    listed(LinkQuery::try_new(
        ActionHash::from(artifact),
        LinkTypes::PinsOf,
    )?)
}
