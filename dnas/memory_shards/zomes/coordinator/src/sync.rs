//! Zome `sync`: how far copies of a shard have come.

use hdk::prelude::*;
use memory_shards_integrity::{EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::{number_tag, Stored};
use ripple_shared::memory_shards::{newest_cursors, ShardOf, SyncCursor};
use ripple_shared::{ActionHashB64, Written};

/// Records how far this peer's copy has followed another's. Meant for checkpoints: each one stays on the chain.
#[hdk_extern]
pub fn put_cursor(cursor: SyncCursor) -> ExternResult<ActionHashB64> {
    write_listed(EntryTypes::SyncCursor(Stored(cursor)), LinkTypes::CursorsOf)
}

/// The newest cursor of each pair of peers for a shard.
#[hdk_extern]
pub fn cursors(wanted: ShardOf) -> ExternResult<Vec<Written<SyncCursor>>> {
    let base = ActionHash::from(wanted.map);
    let all = listed(
        LinkQuery::try_new(base, LinkTypes::CursorsOf)?.tag_prefix(number_tag(wanted.shard)),
    )?;
    Ok(newest_cursors(all))
}
