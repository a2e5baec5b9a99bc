import { afterAll, beforeAll, expect, test } from 'vitest'
import { artifactIndex } from '../../zomes-bindings/artifact-index.ts'
import type { Artifact, PinCommitment, Provenance } from '../../zomes-bindings/generated/artifact-index.ts'
import { until } from '../harness/until.ts'
import { openPair, type Pair, whenThere } from './pair.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const OTHER_NETWORK = 'uhC0kAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF-z86-'
const DAY_MS = 86_400_000

const signal = AbortSignal.timeout(900_000)

let pair: Pair
beforeAll(async () => {
  pair = await openPair('artifact_index')
})
afterAll(() => pair[Symbol.asyncDispose]())

function artifact(changes: Partial<Artifact> = {}): Artifact {
  return {
    dna_hash: pair.dnaHash,
    cid: CID,
    bytes: 1_024,
    media_type: 'text/plain',
    digest: null,
    encrypted: true,
    created_at: Date.now(),
    ...changes,
  }
}

test('a peer finds by CID what another peer indexes, states and promises', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [artifactIndex(anna.call), artifactIndex(bert.call)]
  const hash = await hers.artifacts.add(artifact(), signal)
  await hers.provenance.record(provenance(hash, anna.agent), signal)
  await until('the artifact arrives', async () => (await his.artifacts.byCid(CID, signal)).length === 1)
  await until('its origin arrives', async () => (await his.provenance.of(hash, signal)).length === 1)
  await whenThere(() => his.replication.commitPin(pin(hash), signal))
  await until('the promise arrives', async () => (await hers.replication.pins(hash, signal)).length === 1)

  expect((await his.artifacts.byCid(CID, signal))[0]).toMatchObject({
    hash,
    author: anna.agent,
    entry: { cid: CID },
  })
  expect((await hers.replication.pins(hash, signal))[0]?.author).toBe(bert.agent)
  expect(await his.artifacts.mine(signal)).toEqual([])
})

test('a batch is indexed whole or not at all', async () => {
  const index = artifactIndex(pair.peers[0].call)
  const before = (await index.artifacts.mine(signal)).length
  await expect(
    index.artifacts.addBatch([artifact(), artifact({ encrypted: false })], signal),
  ).rejects.toThrow(/digest/)
  expect(await index.artifacts.mine(signal)).toHaveLength(before)
  await index.artifacts.addBatch([artifact(), artifact({ media_type: 'image/png' })], signal)
  expect(await index.artifacts.mine(signal)).toHaveLength(before + 2)
})

test('validation refuses what the rules refuse', async () => {
  const [anna, bert] = pair.peers
  const [hers, his] = [artifactIndex(anna.call), artifactIndex(bert.call)]
  const hash = await hers.artifacts.add(artifact({ cid: `${CID.slice(0, -1)}a` }), signal)
  await until(
    'the artifact arrives',
    async () => (await his.artifacts.byCid(`${CID.slice(0, -1)}a`, signal)).length === 1,
  )
  const pinned = await hers.replication.commitPin(pin(hash), signal)

  const network = hers.artifacts.add(artifact({ dna_hash: OTHER_NETWORK }), signal)
  await expect(network).rejects.toThrow(/dna_hash/)
  await expect(hers.artifacts.add(artifact({ cid: 'not a cid' }), signal)).rejects.toThrow(/CID/)
  await expect(hers.replication.commitPin({ ...pin(hash), until: 0 }, signal)).rejects.toThrow(/until/)
  await expect(hers.replication.commitPin(pin(pinned), signal)).rejects.toThrow(/does not name an artifact/)
  const claimed = whenThere(() => his.provenance.record(provenance(hash, anna.agent), signal))
  await expect(claimed).rejects.toThrow(/producer/)
})

function provenance(hash: string, producer: string): Provenance {
  const dna_hash = pair.dnaHash
  // Task and Result are in another DNA: any action's hash has the right shape.
  return { dna_hash, artifact: hash, task: hash, result: hash, producer, model_digest: 'ab'.repeat(32) }
}

function pin(hash: string): PinCommitment {
  const created_at = Date.now()
  const dna_hash = pair.dnaHash
  return { dna_hash, artifact: hash, replica: 1, created_at, until: created_at + DAY_MS }
}
