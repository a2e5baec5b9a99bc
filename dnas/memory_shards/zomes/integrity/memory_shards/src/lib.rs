//! What peers accept in `memory_shards`: shard maps, who keeps which shard, and how far copies have come.

mod places;
mod types;

use hdi::prelude::*;
use ripple_integrity::{
    check_genesis, check_joining, check_listing, invalid, must_get_written, read_act, verdict, with_writing, Act, Stored,
};
use ripple_shared::memory_shards::rules::{
    check_shard_map, check_shard_ownership, check_sync_cursor,
};
use ripple_shared::memory_shards::ShardMap;

pub use places::space_base;
pub use types::{EntryTypes, LinkTypes, UnitEntryTypes};

/// Judges this agent's own membrane proof.
#[hdk_extern]
pub fn genesis_self_check(data: GenesisSelfCheckData) -> ExternResult<ValidateCallbackResult> {
    check_genesis(data)
}

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => check_entry(entry, &header),
        Act::Link {
            link_type,
            header,
            link,
        } => check_listing::<EntryTypes>(link_type, &header, &link),
        Act::Join { agent, joining } => check_joining(&agent, joining),
        Act::Refused(why) => invalid(why),
        Act::System => Ok(ValidateCallbackResult::Valid),
    }
}

fn check_entry(entry: EntryTypes, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    match entry {
        EntryTypes::ShardMap(Stored(map)) => check_version(&map, header),
        EntryTypes::ShardOwnership(Stored(ownership)) => {
            match map_of(ownership.map.clone().into())? {
                Some(map) => verdict(with_writing(header, |writing| {
                    check_shard_ownership(&ownership, &map, writing)
                })?),
                None => invalid(NOT_A_MAP),
            }
        }
        EntryTypes::SyncCursor(Stored(cursor)) => match map_of(cursor.map.clone().into())? {
            Some(map) => verdict(with_writing(header, |writing| {
                check_sync_cursor(&cursor, &map, writing)
            })?),
            None => invalid(NOT_A_MAP),
        },
    }
}

const NOT_A_MAP: &str = "map does not name a shard map";

fn map_of(hash: ActionHash) -> ExternResult<Option<ShardMap>> {
    Ok(match must_get_written(hash)? {
        Some((EntryTypes::ShardMap(Stored(map)), _)) => Some(map),
        _ => None,
    })
}

fn check_version(map: &ShardMap, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    let Some(hash) = map.prev.clone() else {
        return verdict(with_writing(header, |writing| {
            check_shard_map(map, None, writing)
        })?);
    };
    match must_get_written(hash.into())? {
        Some((EntryTypes::ShardMap(Stored(before)), author)) => {
            verdict(with_writing(header, |writing| {
                check_shard_map(map, Some((&before, &author)), writing)
            })?)
        }
        _ => invalid("prev does not name a shard map"),
    }
}
