import { setTimeout as sleep } from 'node:timers/promises'
import { importFile } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import type { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import {
  type GetBlock,
  importContent,
  readContent,
  readFileContent,
  toBytes,
} from '../../../host/artifacts/cid.ts'
import { limits } from '../../../host/limits.ts'

const MiB = 1024 * 1024
const signal = new AbortController().signal

/** Content as blocks by CID, cut into pieces of that size. */
async function cutInto(chunkSize: number, content: Uint8Array) {
  const blocks = new Map<string, Uint8Array>()
  const put = async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
    blocks.set(String(cid), await toBytes(block))
    return cid
  }
  const options = { profile: 'unixfs-v1-2025', chunker: fixedSize({ chunkSize }) } as const
  const { cid } = await importFile({ content }, { put }, options)
  const getBlock = async (block: CID): Promise<Uint8Array> => blocks.get(String(block)) ?? new Uint8Array()
  return { cid, getBlock }
}

const lengths = async (pieces: AsyncIterable<Uint8Array>) =>
  (await Array.fromAsync(pieces)).map((piece) => piece.length)

test.each([
  [0, [MiB, MiB, 7]],
  [5, [MiB - 5, MiB, 7]],
  [MiB, [MiB, 7]],
  [2 * MiB + 7, [0]],
])('a file from byte %i on comes in the pieces of the profile', async (offset, expected) => {
  const content = Buffer.alloc(2 * MiB + 7, 'ripple')
  const blocks = new Map<string, Uint8Array>()
  const cid = await importContent(content, async (block, bytes) => void blocks.set(String(block), bytes))
  const getBlock = async (block: CID) => blocks.get(String(block)) ?? new Uint8Array()
  const range = { offset, max: content.length }
  expect(await lengths(readFileContent(cid, getBlock, signal, range))).toEqual(expected)
})

test.each([1, MiB / 2, MiB + 1])('a file that is cut into pieces of %i bytes is refused', async (size) => {
  const content = Buffer.alloc(3 * size, 'ripple')
  const { cid, getBlock } = await cutInto(size, content)
  expect(await lengths(readContent(cid, getBlock, signal))).toEqual([size, size, size])
  const read = readFileContent(cid, getBlock, signal, { offset: 0, max: content.length })
  await expect(lengths(read)).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE' })
})

/** A file of so many blocks, and how many of them were asked for. Each takes a moment to come. */
async function fetchedFile(count: number) {
  const content = Buffer.alloc(count * MiB)
  for (let at = 0; at < count; at++) content.writeUInt32LE(at, at * MiB)
  const blocks = new Map<string, Uint8Array>()
  const cid = await importContent(content, async (block, bytes) => void blocks.set(String(block), bytes))
  const fetched: string[] = []
  const getBlock: GetBlock = async (block, reading) => {
    await sleep(1, undefined, { signal: reading })
    fetched.push(String(block))
    return blocks.get(String(block)) ?? new Uint8Array()
  }
  return { cid, getBlock, fetched, all: blocks.size }
}

/** Waits until nothing more is fetched. */
async function quiet(fetched: readonly string[]): Promise<number> {
  for (let before = -1; before !== fetched.length; await sleep(50)) before = fetched.length
  return fetched.length
}

const range = { offset: 0, max: 64 * MiB }

test.each([
  ['content', (given: { cid: CID; getBlock: GetBlock }) => readContent(given.cid, given.getBlock, signal)],
  [
    'a file',
    (given: { cid: CID; getBlock: GetBlock }) => readFileContent(given.cid, given.getBlock, signal, range),
  ],
])('no more of %s is fetched once its reader has stopped', async (_what, read) => {
  const given = await fetchedFile(48)
  let atBreak = 0
  for await (const _piece of read(given)) {
    atBreak = given.fetched.length
    break
  }
  expect(await quiet(given.fetched)).toBe(atBreak)
  expect(atBreak).toBeLessThan(given.all)
})

test('a bounded part of a file is fetched ahead of its reader', async () => {
  const given = await fetchedFile(48)
  const most: number[] = []
  let taken = 0
  for await (const _piece of readFileContent(given.cid, given.getBlock, signal, range)) {
    if (taken++ < 3) most.push((await quiet(given.fetched)) - taken)
  }
  // The node above the pieces is one more.
  expect(most).toEqual([0, 0, 0].map(() => limits.file_blocks_ahead_max))
  expect([taken, given.fetched.length]).toEqual([48, given.all])
})

test('a reader that aborts while blocks wait gets its reason', async () => {
  const given = await fetchedFile(48)
  const stop = new AbortController()
  const read = readFileContent(given.cid, given.getBlock, stop.signal, range)
  await read.next()
  await quiet(given.fetched)
  stop.abort(new Error('enough'))
  await expect(lengths(read)).rejects.toThrow('enough')
})
