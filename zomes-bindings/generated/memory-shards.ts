// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.
import type { Digest } from './shared.ts'

/**
 * One version of how a vector space is cut into shards.
 */
export type ShardMap = { 
/**
 * The network that the map belongs to.
 */
dna_hash: string, 
/**
 * Name of the space; a name belongs to each author separately.
 */
space: string, 
/**
 * How many shards there are, numbered from 0.
 */
shard_count: number, 
/**
 * How many peers should keep each shard.
 */
replication_factor: number, 
/**
 * sha256 of the model that makes the vectors.
 */
embedding_model: Digest, 
/**
 * Numbers in a vector.
 */
dimensions: number, 
/**
 * 1 for the first, then one more than `prev`'s.
 */
version: number, 
/**
 * The version before this one, of the same space and author; none for the first.
 */
prev: string | null, };

/**
 * One shard of a map.
 */
export type ShardOf = { 
/**
 * The ShardMap.
 */
map: string, 
/**
 * Which shard.
 */
shard: number, };

/**
 * Who keeps a shard.
 */
export type ShardOwners = { 
/**
 * Which shard.
 */
shard: number, 
/**
 * The peers' keys, each once.
 */
owners: Array<string>, };

/**
 * A peer keeps a shard.
 */
export type ShardOwnership = { 
/**
 * The network that the statement belongs to.
 */
dna_hash: string, 
/**
 * The ShardMap.
 */
map: string, 
/**
 * Which shard.
 */
shard: number, 
/**
 * The version of the map since which this peer has kept it.
 */
from_version: number, 
/**
 * The author's agent key.
 */
owner: string, };

/**
 * How far a peer's copy of a shard has followed another peer's.
 */
export type SyncCursor = { 
/**
 * The network that the cursor belongs to.
 */
dna_hash: string, 
/**
 * The ShardMap.
 */
map: string, 
/**
 * Which shard.
 */
shard: number, 
/**
 * The peer that is followed; never the author.
 */
peer: string, 
/**
 * Changes of that peer's copy that are in the author's copy.
 */
position: number, 
/**
 * The author's clock, in milliseconds since 1970.
 */
at: number, };
