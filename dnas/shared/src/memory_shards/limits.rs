//! Sizes and ranges of `memory_shards`. Every one is part of the network's identity.

/// Shards of a space when its publisher names no number.
pub const SHARD_COUNT_DEFAULT: u32 = 16;
/// Most shards of a space.
pub const SHARD_COUNT_MAX: u32 = 1_024;
/// Copies of a shard when its publisher names no number.
pub const REPLICATION_FACTOR_DEFAULT: u32 = 2;
/// Most copies of a shard.
pub const REPLICATION_FACTOR_MAX: u32 = 16;
/// Most dimensions of a vector.
pub const DIMENSIONS_MAX: u32 = 16_384;
