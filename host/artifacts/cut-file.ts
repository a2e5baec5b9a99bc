/** Cuts a file into blocks without storing them. */
import { hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { importFile } from 'ipfs-unixfs-importer'
import type { CID } from 'multiformats/cid'
import { RAW_BLOCK_BYTES_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { Cid } from '../types/events.ts'
import { toBytes } from './cid.ts'

/** The blocks of a file, without the bytes that the file itself holds. */
export interface CutFile {
  readonly cid: Cid
  /** Size of the file, in bytes. */
  readonly bytes: number
  /** sha256 of each piece of `RAW_BLOCK_BYTES_MAX` bytes, in order; the last may be shorter. */
  readonly leaves: readonly Uint8Array[]
  /** Blocks that link the pieces. They take a ten-thousandth of the file's size. */
  readonly nodes: readonly Uint8Array[]
}

/**
 * Reads a file and cuts it by Ripple's one profile (`cid.ts`), so its CID is the CID that `add` would give it. Stores
 * nothing. Rejects with the file system's error, and with the signal's reason.
 */
export async function cutFile(path: string, signal: AbortSignal): Promise<CutFile> {
  const leaves: Uint8Array[] = []
  const nodes: Uint8Array[] = []
  let bytes = 0
  const content = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of piecesOf(path, signal)) {
      bytes += piece.length
      leaves.push(hash('sha256', piece, 'buffer'))
      yield piece
    }
  }
  const store = {
    put: async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
      if (cid.code === DAG_PB) nodes.push(await toBytes(block))
      return cid
    },
  }
  const { cid } = await importFile({ content: content() }, store, { profile: 'unixfs-v1-2025' })
  return { cid: cid.toString(), bytes, leaves, nodes }
}

const DAG_PB = 0x70

/** Reads a file in pieces of a block's size, whatever the size of the stream's chunks. */
async function* piecesOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const size = RAW_BLOCK_BYTES_MAX
  let kept: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: size, signal })) {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    for (; kept.length >= size; kept = kept.subarray(size)) yield kept.subarray(0, size)
  }
  if (kept.length > 0) yield kept
}
