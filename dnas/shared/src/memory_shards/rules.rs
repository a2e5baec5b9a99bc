//! What may be written to `memory_shards`.

use super::limits::{DIMENSIONS_MAX, REPLICATION_FACTOR_MAX, SHARD_COUNT_MAX};
use super::{ShardMap, ShardOwnership, SyncCursor};
use crate::check::{name, range, require, safe_integer, Checked, Writing};
use crate::AgentPubKey;

/// Whether the author may publish this map. `prev` is the map that it names and that one's author.
pub fn check_shard_map(
    map: &ShardMap,
    prev: Option<(&ShardMap, &AgentPubKey)>,
    writing: &Writing,
) -> Checked {
    writing.check(map.dna_hash.as_ref())?;
    name("space", &map.space)?;
    range(
        "shard_count",
        u64::from(map.shard_count),
        1,
        u64::from(SHARD_COUNT_MAX),
    )?;
    let copies = u64::from(map.replication_factor);
    range(
        "replication_factor",
        copies,
        1,
        u64::from(REPLICATION_FACTOR_MAX),
    )?;
    range(
        "dimensions",
        u64::from(map.dimensions),
        1,
        u64::from(DIMENSIONS_MAX),
    )?;
    let Some((before, before_author)) = prev else {
        return require(map.version == 1, "a map without prev is version 1");
    };
    require(
        before_author == writing.author,
        "prev is another author's map",
    )?;
    check_map_follows(map, before)
}

/// Vectors of another model cannot be compared: they make another space, never another version of this one.
fn check_map_follows(map: &ShardMap, before: &ShardMap) -> Checked {
    require(before.space == map.space, "prev is a map of another space")?;
    require(
        before.embedding_model == map.embedding_model && before.dimensions == map.dimensions,
        "a space keeps its model and dimensions",
    )?;
    require(
        before.version.checked_add(1) == Some(map.version),
        "version is one more than prev's",
    )
}

/// Whether the author may say that it keeps this shard of `map`.
pub fn check_shard_ownership(
    ownership: &ShardOwnership,
    map: &ShardMap,
    writing: &Writing,
) -> Checked {
    writing.check(ownership.dna_hash.as_ref())?;
    require(
        ownership.owner.as_ref() == writing.author,
        "owner is not the author",
    )?;
    check_shard(ownership.shard, map)?;
    let since = u64::from(ownership.from_version);
    range("from_version", since, 1, u64::from(map.version))
}

/// Whether the author may say how far its copy of this shard of `map` has come.
pub fn check_sync_cursor(cursor: &SyncCursor, map: &ShardMap, writing: &Writing) -> Checked {
    writing.check(cursor.dna_hash.as_ref())?;
    require(
        cursor.peer.as_ref() != writing.author,
        "peer is the author itself",
    )?;
    check_shard(cursor.shard, map)?;
    safe_integer("position", cursor.position)?;
    safe_integer("at", cursor.at)
}

fn check_shard(shard: u32, map: &ShardMap) -> Checked {
    require(shard < map.shard_count, "the map has no such shard")
}
