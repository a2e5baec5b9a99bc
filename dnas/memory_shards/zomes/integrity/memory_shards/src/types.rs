//! Entry and link types. Their order is part of the network: append, never reorder.
#![allow(
    missing_docs,
    reason = "the macros make items that carry no documentation"
)]

use hdi::prelude::*;
use ripple_integrity::Stored;
use ripple_shared::memory_shards as documents;

/// Entry types of `memory_shards`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
#[hdk_entry_types]
#[unit_enum(UnitEntryTypes)]
pub enum EntryTypes {
    /// How a space is cut into shards.
    #[entry_type(required_validations = 2)]
    ShardMap(Stored<documents::ShardMap>),
    /// Who keeps a shard.
    #[entry_type(required_validations = 2)]
    ShardOwnership(Stored<documents::ShardOwnership>),
    /// How far a copy of a shard has come.
    #[entry_type(required_validations = 2)]
    SyncCursor(Stored<documents::SyncCursor>),
}

/// Link types of `memory_shards`.
#[derive(Serialize, Deserialize)]
#[hdk_link_types]
pub enum LinkTypes {
    /// From a space's name to its maps.
    MapsBySpace,
    /// From a map to who keeps its shards; the tag is the shard.
    OwnersOf,
    /// From a map to how far copies of its shards have come; the tag is the shard.
    CursorsOf,
}
