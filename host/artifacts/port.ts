import type { AgentKey, Cid } from '../types/events.ts'
import type { CutFile } from './cut-file.ts'

/** A pinned artifact. */
export interface PinnedArtifact {
  readonly cid: Cid
  /** Length of the content, in bytes. */
  readonly bytes: number
}

/**
 * Content-addressed bytes: `helia.ts` in-process by default, `kubo.ts` for whoever runs Kubo.
 *
 * One CID profile for both (`RAW_BLOCK_BYTES_MAX` of the rules): CIDv1, sha2-256; up to 1 MiB one raw block, above it a
 * balanced UnixFS file of fixed 1 MiB raw-leaf chunks. Same bytes, same CID, whichever implementation added them.
 */
export interface Artifacts extends AsyncDisposable {
  /** Stores and pins. Rejects with `RIPPLE_DISK_FULL` or `RIPPLE_ARTIFACT_TOO_LARGE`. */
  add(bytes: Uint8Array, signal: AbortSignal): Promise<Cid>
  /**
   * Reads, from here or from peers; `from` are peers believed to have it. The bytes are checked against the CID, and
   * may be `max` at most. Rejects with `RIPPLE_CID_INVALID`, `RIPPLE_ARTIFACT_TOO_LARGE`, or
   * `RIPPLE_ARTIFACT_UNAVAILABLE` when the signal's deadline passes first.
   */
  get(cid: Cid, from: readonly AgentKey[], signal: AbortSignal, max?: number): Promise<Uint8Array>
  /** Whether it is here, whole. */
  has(cid: Cid, signal: AbortSignal): Promise<boolean>
  /** Fetches if need be and keeps it. Pinning twice is no error. */
  pin(cid: Cid, from: readonly AgentKey[], signal: AbortSignal): Promise<void>
  /** Lets it go. Unpinning what is not pinned is no error. */
  unpin(cid: Cid, signal: AbortSignal): Promise<void>
  /** What is pinned here. */
  ls(signal: AbortSignal): Promise<PinnedArtifact[]>
}

/** How much of a content is read. */
export interface ReadRange {
  /** Bytes at its beginning that are left out. */
  readonly offset: number
  /** Most bytes that it may have from there on. */
  readonly max: number
}

/** Large files that lie outside of the store, such as models: they are given out and fetched without a copy in the store. */
export interface FileExchange {
  /**
   * Gives peers the blocks of a file, from the file itself, until the function that it returns is called. Null where the
   * implementation cannot: Kubo would have to hold the bytes again.
   */
  share(path: string, cut: CutFile): (() => void) | null
  /**
   * Reads content from peers piece by piece, in order, each piece checked against the CID and as long as the profile has it;
   * nothing of it is kept here. It goes on until the signal ends it: how long it may stand still is for the reader to say. Throws
   * `RIPPLE_CID_INVALID`, `RIPPLE_ARTIFACT_TOO_LARGE`, `RIPPLE_ARTIFACT_UNAVAILABLE` for a block that is none of this content or
   * content that is cut otherwise, and the signal's reason.
   */
  read(cid: Cid, from: readonly AgentKey[], range: ReadRange, signal: AbortSignal): AsyncIterable<Uint8Array>
}
