//! What is asked of `memory_shards`, and how answers are picked.

use super::{ShardMap, ShardOwnership, SyncCursor};
use crate::written::{highest_of_each, Written};
use crate::{ActionHashB64, AgentPubKeyB64};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One shard of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ShardOf {
    /// The ShardMap.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub map: ActionHashB64,
    /// Which shard.
    pub shard: u32,
}

/// Who keeps a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ShardOwners {
    /// Which shard.
    pub shard: u32,
    /// The peers' keys, each once.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub owners: Vec<AgentPubKeyB64>,
}

/// Each author's highest version.
pub fn newest_of_each_author(maps: Vec<Written<ShardMap>>) -> Vec<Written<ShardMap>> {
    highest_of_each(maps, |map| map.author.clone(), |map| map.entry.version)
}

/// Each follower's newest cursor for each peer that it follows. A copy can be built anew, so a later one may stand
/// lower: the place on the author's chain decides, not the position.
pub fn newest_cursors(cursors: Vec<Written<SyncCursor>>) -> Vec<Written<SyncCursor>> {
    highest_of_each(
        cursors,
        |cursor| (cursor.author.clone(), cursor.entry.peer.clone()),
        |cursor| cursor.seq,
    )
}

/// The owners of each shard that has any, by shard.
pub fn table_of(statements: impl IntoIterator<Item = ShardOwnership>) -> Vec<ShardOwners> {
    let mut owners: BTreeMap<u32, BTreeSet<AgentPubKeyB64>> = BTreeMap::new();
    for statement in statements {
        owners
            .entry(statement.shard)
            .or_default()
            .insert(statement.owner);
    }
    let row = |(shard, owners): (u32, BTreeSet<AgentPubKeyB64>)| ShardOwners {
        shard,
        owners: owners.into_iter().collect(),
    };
    owners.into_iter().map(row).collect()
}
