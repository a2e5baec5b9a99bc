import { importFile } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import type { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import { importContent, readContent, readFileContent, toBytes } from '../../../host/artifacts/cid.ts'

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
