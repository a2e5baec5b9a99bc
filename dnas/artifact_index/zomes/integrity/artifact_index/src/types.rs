//! Entry and link types. Their order is part of the network: append, never reorder.
#![allow(
    missing_docs,
    reason = "the macros make items that carry no documentation"
)]

use hdi::prelude::*;
use ripple_integrity::Stored;
use ripple_shared::artifact_index as documents;

/// Entry types of `artifact_index`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
#[hdk_entry_types]
#[unit_enum(UnitEntryTypes)]
pub enum EntryTypes {
    /// Content on IPFS.
    #[entry_type(required_validations = 2)]
    Artifact(Stored<documents::Artifact>),
    /// Where an artifact came from.
    #[entry_type(required_validations = 2)]
    Provenance(Stored<documents::Provenance>),
    /// A promise to keep an artifact.
    #[entry_type(required_validations = 2)]
    PinCommitment(Stored<documents::PinCommitment>),
}

/// Link types of `artifact_index`.
#[derive(Serialize, Deserialize)]
#[hdk_link_types]
pub enum LinkTypes {
    /// From a CID to the artifacts that have it.
    ArtifactsByCid,
    /// From an artifact to the statements about its origin.
    ProvenanceOf,
    /// From an artifact to the promises to keep it.
    PinsOf,
}
