import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ShardMap, ShardOwnership, SyncCursor } from '../../zomes-bindings/generated/memory-shards.ts'
import { memoryShards } from '../../zomes-bindings/memory-shards.ts'
import { until } from '../harness/until.ts'
import { openPair, type Pair, whenThere } from './pair.ts'

const signal = AbortSignal.timeout(900_000)

let pair: Pair
beforeAll(async () => {
  pair = await openPair('memory_shards')
})
afterAll(() => pair[Symbol.asyncDispose]())

function map(space: string, version: number, prev: string | null, changes: Partial<ShardMap> = {}): ShardMap {
  return {
    dna_hash: pair.dnaHash,
    space,
    shard_count: 16,
    replication_factor: 2,
    embedding_model: 'ef'.repeat(32),
    dimensions: 384,
    version,
    prev,
    ...changes,
  }
}

test('two peers share the shards of a map, and each finds the other', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [memoryShards(anna.call), memoryShards(bert.call)]
  const hash = await hers.shards.publishMap(map('notes', 1, null), signal)
  await until('the map arrives', async () => (await his.shards.map('notes', signal)).length === 1)
  await hers.shards.own(ownership(hash, 3, anna.agent), signal)
  await whenThere(() => his.shards.own(ownership(hash, 3, bert.agent), signal))
  await his.shards.own(ownership(hash, 4, bert.agent), signal)
  await until('all owners arrive', async () => (await hers.routing.table(hash, signal)).length === 2)
  await until(
    'both owners arrive',
    async () => (await hers.routing.owners({ map: hash, shard: 3 }, signal)).length === 2,
  )

  expect((await hers.routing.owners({ map: hash, shard: 4 }, signal)).map(({ author }) => author)).toEqual([
    bert.agent,
  ])
  expect(await hers.routing.table(hash, signal)).toEqual([
    { shard: 3, owners: expect.arrayContaining([anna.agent, bert.agent]) },
    { shard: 4, owners: [bert.agent] },
  ])
})

test('a cursor tells how far a copy has come, and only the newest counts', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [memoryShards(anna.call), memoryShards(bert.call)]
  const hash = await hers.shards.publishMap(map('code', 1, null), signal)
  await hers.sync.putCursor(cursor(hash, bert.agent, 90), signal)
  const last = await hers.sync.putCursor(cursor(hash, bert.agent, 120), signal)
  const wanted = { map: hash, shard: 0 }
  await until('the cursor arrives', async () => (await his.sync.cursors(wanted, signal))[0]?.hash === last)

  expect((await his.sync.cursors(wanted, signal)).map(({ entry }) => entry.position)).toEqual([120])
  await expect(hers.sync.putCursor(cursor(hash, anna.agent, 1), signal)).rejects.toThrow(/author itself/)
})

test('a map keeps its model and its number of shards', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [memoryShards(anna.call), memoryShards(bert.call)]
  const hash = await hers.shards.publishMap(map('mail', 1, null), signal)
  await hers.shards.publishMap(map('mail', 2, hash, { shard_count: 32 }), signal)
  await until(
    'the new map arrives',
    async () => (await his.shards.map('mail', signal))[0]?.entry.version === 2,
  )

  await expect(hers.shards.publishMap(map('mail', 2, hash, { dimensions: 768 }), signal)).rejects.toThrow(
    /dimensions/,
  )
  await expect(hers.shards.publishMap(map('mail', 1, null, { shard_count: 1_025 }), signal)).rejects.toThrow(
    /shard_count/,
  )
  const continued = whenThere(() => his.shards.publishMap(map('mail', 2, hash), signal))
  await expect(continued).rejects.toThrow(/another author/)
  await expect(hers.shards.own(ownership(hash, 16, anna.agent), signal)).rejects.toThrow(/no such shard/)
  await expect(hers.shards.own(ownership(hash, 0, bert.agent), signal)).rejects.toThrow(
    /owner is not the author/,
  )
})

function ownership(hash: string, shard: number, owner: string): ShardOwnership {
  return { dna_hash: pair.dnaHash, map: hash, shard, from_version: 1, owner }
}

function cursor(hash: string, peer: string, position: number): SyncCursor {
  return { dna_hash: pair.dnaHash, map: hash, shard: 0, peer, position, at: Date.now() }
}
