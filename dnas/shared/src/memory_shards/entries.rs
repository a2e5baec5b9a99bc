//! The immutable entries of `memory_shards`.

use crate::{ActionHashB64, AgentPubKeyB64, Digest, DnaHashB64};
use serde::{Deserialize, Serialize};

/// One version of how a vector space is cut into shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ShardMap {
    /// The network that the map belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// Name of the space; a name belongs to each author separately.
    pub space: String,
    /// How many shards there are, numbered from 0.
    pub shard_count: u32,
    /// How many peers should keep each shard.
    pub replication_factor: u32,
    /// sha256 of the model that makes the vectors.
    pub embedding_model: Digest,
    /// Numbers in a vector.
    pub dimensions: u32,
    /// 1 for the first, then one more than `prev`'s.
    pub version: u32,
    /// The version before this one, of the same space and author; none for the first.
    #[cfg_attr(feature = "types", ts(type = "string | null"))]
    pub prev: Option<ActionHashB64>,
}

/// A peer keeps a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct ShardOwnership {
    /// The network that the statement belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The ShardMap.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub map: ActionHashB64,
    /// Which shard.
    pub shard: u32,
    /// The version of the map since which this peer has kept it.
    pub from_version: u32,
    /// The author's agent key.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub owner: AgentPubKeyB64,
}

/// How far a peer's copy of a shard has followed another peer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct SyncCursor {
    /// The network that the cursor belongs to.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna_hash: DnaHashB64,
    /// The ShardMap.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub map: ActionHashB64,
    /// Which shard.
    pub shard: u32,
    /// The peer that is followed; never the author.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub peer: AgentPubKeyB64,
    /// Changes of that peer's copy that are in the author's copy.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub position: u64,
    /// The author's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub at: u64,
}
