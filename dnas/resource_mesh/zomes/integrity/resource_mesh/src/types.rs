//! Entry and link types. Their order is part of the network: append, never reorder.
// The macros below write items without documentation.
#![allow(missing_docs)]

use hdi::prelude::*;
use ripple_integrity::Stored;
use ripple_shared::resource_mesh::{self as documents, LinkKind, MeshEntry};

/// Entry types of `resource_mesh`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
#[hdk_entry_types]
#[unit_enum(UnitEntryTypes)]
pub enum EntryTypes {
    /// The poster asks.
    #[entry_type(required_validations = 2)]
    Task(Stored<documents::Task>),
    /// The poster permits.
    #[entry_type(required_validations = 2)]
    Grant(Stored<documents::Grant>),
    /// The worker answers.
    #[entry_type(required_validations = 2)]
    Result(Stored<documents::TaskResult>),
    /// The poster ends it.
    #[entry_type(required_validations = 2)]
    Close(Stored<documents::Close>),
    /// A worker goes on without the poster.
    #[entry_type(required_validations = 2)]
    FallbackClaim(Stored<documents::FallbackClaim>),
    /// A peer offers resources.
    #[entry_type(required_validations = 2)]
    ResourceOffer(Stored<documents::ResourceOffer>),
    /// A peer gives a share of its offer.
    #[entry_type(required_validations = 2)]
    Allocation(Stored<documents::Allocation>),
}

/// Link types of `resource_mesh`, in the order of `LinkKind`.
#[derive(Serialize, Deserialize)]
#[hdk_link_types]
pub enum LinkTypes {
    /// From a task to a result of it.
    TaskToResult,
    /// From a task to its close.
    TaskToClose,
    /// From a time bucket to a task with fallback.
    BucketToTask,
    /// From an agent to an offer of it.
    AgentToOffer,
    /// From an offer to a share of it.
    OfferToAllocation,
}

impl From<LinkTypes> for LinkKind {
    fn from(link_type: LinkTypes) -> Self {
        match link_type {
            LinkTypes::TaskToResult => Self::TaskToResult,
            LinkTypes::TaskToClose => Self::TaskToClose,
            LinkTypes::BucketToTask => Self::BucketToTask,
            LinkTypes::AgentToOffer => Self::AgentToOffer,
            LinkTypes::OfferToAllocation => Self::OfferToAllocation,
        }
    }
}

impl From<MeshEntry> for EntryTypes {
    fn from(entry: MeshEntry) -> Self {
        match entry {
            MeshEntry::Task(task) => Self::Task(Stored(task)),
            MeshEntry::Grant(grant) => Self::Grant(Stored(grant)),
            MeshEntry::Result(result) => Self::Result(Stored(result)),
            MeshEntry::Close(close) => Self::Close(Stored(close)),
            MeshEntry::FallbackClaim(claim) => Self::FallbackClaim(Stored(claim)),
            MeshEntry::ResourceOffer(offer) => Self::ResourceOffer(Stored(offer)),
            MeshEntry::Allocation(allocation) => Self::Allocation(Stored(allocation)),
        }
    }
}

impl From<EntryTypes> for MeshEntry {
    fn from(entry: EntryTypes) -> Self {
        match entry {
            EntryTypes::Task(Stored(task)) => Self::Task(task),
            EntryTypes::Grant(Stored(grant)) => Self::Grant(grant),
            EntryTypes::Result(Stored(result)) => Self::Result(result),
            EntryTypes::Close(Stored(close)) => Self::Close(close),
            EntryTypes::FallbackClaim(Stored(claim)) => Self::FallbackClaim(claim),
            EntryTypes::ResourceOffer(Stored(offer)) => Self::ResourceOffer(offer),
            EntryTypes::Allocation(Stored(allocation)) => Self::Allocation(allocation),
        }
    }
}
