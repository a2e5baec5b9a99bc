/** Cuts content into blocks, and reads and checks content by its CID. */
import { hash } from 'node:crypto'
import { exporter } from 'ipfs-unixfs-exporter'
import { importFile } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { RAW_BLOCK_BYTES_MAX } from '../../zomes-bindings/generated/limits.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Cid } from '../types/events.ts'
import { orAborted } from '../types/or-aborted.ts'
import type { ReadRange } from './port.ts'

const RAW = 0x55
const DAG_PB = 0x70
const SHA2_256 = 0x12

/** Stores one block under its CID. */
export type PutBlock = (cid: CID, block: Uint8Array) => Promise<void>
/**
 * Reads one block from any place; `readContent` checks the result. The signal is aborted when the read has ended, for
 * whatever reason.
 */
export type GetBlock = (cid: CID, signal: AbortSignal) => Promise<Uint8Array>

/** Parses a CID that an artifact can have: raw or UnixFS, sha2-256. Throws `RIPPLE_CID_INVALID`. */
export function parseCid(text: Cid): CID {
  try {
    const cid = CID.parse(text)
    const known = cid.code === RAW || cid.code === DAG_PB
    if (known && cid.multihash.code === SHA2_256 && cid.multihash.digest.length === 32) return cid
  } catch (cause) {
    throw new RippleError('RIPPLE_CID_INVALID', { cid: text }, { cause })
  }
  throw new RippleError('RIPPLE_CID_INVALID', { cid: text })
}

/**
 * Cuts content into blocks, passes each to `put`, and returns the CID of the whole. Ripple has one profile, IPIP-499's
 * `unixfs-v1-2025`: CIDv1, sha2-256. Content of up to one chunk is a single raw block. Larger content is a balanced UnixFS
 * file of fixed chunks in raw leaves, with 1024 children a node.
 */
export async function importContent(content: Uint8Array, put: PutBlock): Promise<CID> {
  if (content.length > limits.artifact_bytes_max) {
    throw new RippleError('RIPPLE_ARTIFACT_TOO_LARGE', {
      bytes: content.length,
      max: limits.artifact_bytes_max,
    })
  }
  const store = {
    put: async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
      await put(cid, await toBytes(block))
      return cid
    },
  }
  const { cid } = await importFile({ content: chunksOf(content) }, store, { profile: 'unixfs-v1-2025' })
  return cid
}

/** Returns the CID of content, which is the same wherever it is added. Throws `RIPPLE_ARTIFACT_TOO_LARGE`. */
export async function cidOf(content: Uint8Array): Promise<Cid> {
  return (await importContent(content, async () => {})).toString()
}

/** The part of a content to read, and the number of blocks to fetch at a time. */
interface ContentRange {
  /** Bytes to skip at its beginning, and the most bytes that may follow. */
  readonly offset?: number
  readonly max?: number | undefined
  readonly inFlight?: number
}

/**
 * Reads content piece by piece, and checks each block against its CID before it is used, so that it trusts no peer and no
 * gateway. Skips the first `offset` bytes, and fetches no blocks that hold nothing else. Throws `RIPPLE_ARTIFACT_TOO_LARGE`
 * beyond `max` bytes (a few blocks can stand for very many), and the errors of `getBlock`.
 */
export async function* readContent(
  cid: CID,
  getBlock: GetBlock,
  signal: AbortSignal,
  {
    max = limits.artifact_bytes_max,
    offset = 0,
    inFlight: blockReadConcurrency = limits.artifact_blocks_in_flight_max,
  }: ContentRange = {},
): AsyncGenerator<Uint8Array> {
  // The exporter fetches ahead, and would not stop when the reader stops early.
  const ended = new AbortController()
  const reading = AbortSignal.any([signal, ended.signal])
  const store = {
    get: async function* (block: CID) {
      yield requireBlock(block, await getBlock(block, reading))
    },
  }
  try {
    const entry = await exporter(cid, store, { signal: reading })
    if (entry.type !== 'file' && entry.type !== 'raw')
      throw new RippleError('RIPPLE_CID_INVALID', { cid: String(cid) })
    let bytes = 0
    const pieces = entry.content({ signal: reading, blockReadConcurrency, offset })
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > max) throw new RippleError('RIPPLE_ARTIFACT_TOO_LARGE', { bytes, max })
      yield piece
    }
  } finally {
    ended.abort()
  }
}

/**
 * Reads a large file as `readContent` does, no further ahead than `file_blocks_ahead_max`, and enforces the profile. Every
 * piece must be `RAW_BLOCK_BYTES_MAX` long, except the last and the first, which `offset` may shorten. Otherwise a few bytes
 * could stand for an endless number of pieces. Throws `RIPPLE_ARTIFACT_UNAVAILABLE` for content that is cut otherwise.
 */
export async function* readFileContent(
  cid: CID,
  getBlock: GetBlock,
  signal: AbortSignal,
  { offset, max }: ReadRange,
): AsyncGenerator<Uint8Array> {
  const range = { offset, max, inFlight: limits.file_blocks_in_flight_max }
  const ahead = new Ahead(limits.file_blocks_ahead_max)
  const inTurn: GetBlock = async (block, reading) => {
    // The nodes above the pieces are small, and yield no pieces.
    if (block.code === RAW) await ahead.enter(reading)
    return getBlock(block, reading)
  }
  let at = offset
  let last = false
  for await (const piece of readContent(cid, inTurn, signal, range)) {
    const full = RAW_BLOCK_BYTES_MAX - (at % RAW_BLOCK_BYTES_MAX)
    if (last || piece.length > full)
      throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid: String(cid) })
    last = piece.length < full
    at += piece.length
    yield piece
    ahead.leave()
  }
}

/**
 * Blocks that are on their way to a reader or wait for it. Their number is bounded, since the reader may be slower than the
 * senders.
 */
class Ahead {
  readonly #max: number
  #count = 0
  #left = Promise.withResolvers<void>()

  constructor(max: number) {
    this.#max = max
  }

  /** Waits until one more block is allowed, and counts it. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<void> {
    while (this.#count >= this.#max) await orAborted(this.#left.promise, signal)
    this.#count += 1
  }

  /** Counts one block less: the reader has taken it. */
  leave(): void {
    this.#count -= 1
    this.#left.resolve()
    this.#left = Promise.withResolvers()
  }
}

/** Whether these bytes are the block of this CID. */
export function isBlockOf(cid: CID, block: Uint8Array): boolean {
  return hash('sha256', block, 'buffer').equals(cid.multihash.digest)
}

function requireBlock(cid: CID, block: Uint8Array): Uint8Array {
  if (isBlockOf(cid, block)) return block
  throw new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid: String(cid) })
}

function* chunksOf(content: Uint8Array): Generator<Uint8Array> {
  const size = RAW_BLOCK_BYTES_MAX
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

/** Returns the bytes of a block that a store gives whole or in pieces. */
export async function toBytes(
  block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  if (block instanceof Uint8Array) return block
  const pieces: Uint8Array[] = []
  for await (const piece of block) pieces.push(piece)
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}
