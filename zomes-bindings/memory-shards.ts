import type { ShardMap, ShardOf, ShardOwners, ShardOwnership, SyncCursor } from './generated/memory-shards.ts'
import type { Written } from './generated/shared.ts'
import { callsOf, type ZomeCall } from './zome-call.ts'

/** Functions that write to the own chain. */
export const memoryShardsWrites: readonly string[] = ['publish_map', 'own', 'put_cursor']

/** `memory_shards`: how vector spaces are cut, and who keeps which shard. Reads tell what has arrived here. */
export interface MemoryShards {
  readonly shards: {
    /** Publishes a version of a space's map; resolves to the action's hash. */
    publishMap(map: ShardMap, signal: AbortSignal): Promise<string>
    /** The newest map of each author of a space. Whom to follow is the caller's decision. */
    map(space: string, signal: AbortSignal): Promise<Written<ShardMap>[]>
    /** States that this peer keeps a shard. */
    own(ownership: ShardOwnership, signal: AbortSignal): Promise<string>
  }
  readonly routing: {
    /** Who keeps a shard, oldest statement first. */
    owners(wanted: ShardOf, signal: AbortSignal): Promise<Written<ShardOwnership>[]>
    /** The owners of each shard of a map that has any, by shard. */
    table(map: string, signal: AbortSignal): Promise<ShardOwners[]>
  }
  readonly sync: {
    /** Records how far this peer's copy has followed another's: a checkpoint, for each one stays on the chain. */
    putCursor(cursor: SyncCursor, signal: AbortSignal): Promise<string>
    /** The newest cursor of each pair of peers for a shard. */
    cursors(wanted: ShardOf, signal: AbortSignal): Promise<Written<SyncCursor>[]>
  }
}

/** The client of `memory_shards`. Every call rejects as `call` does. */
export function memoryShards(call: ZomeCall): MemoryShards {
  const ask = callsOf('memory_shards', call)
  return {
    shards: {
      publishMap: (map, signal) => ask('shards', 'publish_map', map, signal),
      map: (space, signal) => ask('shards', 'map', space, signal),
      own: (ownership, signal) => ask('shards', 'own', ownership, signal),
    },
    routing: {
      owners: (wanted, signal) => ask('routing', 'owners', wanted, signal),
      table: (map, signal) => ask('routing', 'table', map, signal),
    },
    sync: {
      putCursor: (cursor, signal) => ask('sync', 'put_cursor', cursor, signal),
      cursors: (wanted, signal) => ask('sync', 'cursors', wanted, signal),
    },
  }
}
