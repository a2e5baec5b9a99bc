//! Zome `routing`: where to ask for a shard.

use hdk::prelude::*;
use memory_shards_integrity::LinkTypes;
use ripple_coordinator::listed;
use ripple_integrity::number_tag;
use ripple_shared::memory_shards::{table_of, ShardOf, ShardOwners, ShardOwnership};
use ripple_shared::{ActionHashB64, Written};

/// Who keeps a shard, oldest statement first.
#[hdk_extern]
pub fn owners(wanted: ShardOf) -> ExternResult<Vec<Written<ShardOwnership>>> {
    let base = ActionHash::from(wanted.map);
    listed(LinkQuery::try_new(base, LinkTypes::OwnersOf)?.tag_prefix(number_tag(wanted.shard)))
}

/// The owners of each shard of a map that has any, by shard.
#[hdk_extern]
pub fn table(map: ActionHashB64) -> ExternResult<Vec<ShardOwners>> {
    let statements: Vec<Written<ShardOwnership>> = listed(LinkQuery::try_new(
        ActionHash::from(map),
        LinkTypes::OwnersOf,
    )?)?;
    Ok(table_of(
        statements.into_iter().map(|statement| statement.entry),
    ))
}
