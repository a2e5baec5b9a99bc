//! Zome `shards`: how spaces are cut, and who keeps what.

use hdk::prelude::*;
use memory_shards_integrity::{space_base, EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::memory_shards::{newest_of_each_author, ShardMap, ShardOwnership};
use ripple_shared::{ActionHashB64, Written};

/// Publishes a version of a space's map.
#[hdk_extern]
pub fn publish_map(map: ShardMap) -> ExternResult<ActionHashB64> {
    write_listed(EntryTypes::ShardMap(Stored(map)), LinkTypes::MapsBySpace)
}

/// The newest map of each author of this space. Whom to follow is the asker's decision.
#[hdk_extern]
pub fn map(space: String) -> ExternResult<Vec<Written<ShardMap>>> {
    let maps = listed(LinkQuery::try_new(
        space_base(&space)?,
        LinkTypes::MapsBySpace,
    )?)?;
    Ok(newest_of_each_author(maps))
}

/// States that this peer keeps a shard.
#[hdk_extern]
pub fn own(ownership: ShardOwnership) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::ShardOwnership(Stored(ownership)),
        LinkTypes::OwnersOf,
    )
}
