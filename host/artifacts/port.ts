/** Defines the port to content-addressed storage. */
import type { AgentKey, Cid } from '../types/events.ts'
import type { CutFile } from './cut-file.ts'

/** A pinned artifact. */
export interface PinnedArtifact {
  readonly cid: Cid
  /** Length of the content, in bytes. */
  readonly bytes: number
}

/**
 * Content-addressed bytes: `helia.ts` in-process by default, `kubo.ts` for users who run Kubo. Both use one CID profile
 * (`RAW_BLOCK_BYTES_MAX` of the rules): CIDv1, sha2-256. Up to 1 MiB is one raw block; more is a balanced UnixFS file of
 * fixed 1 MiB raw-leaf chunks. The same bytes have the same CID in both implementations.
 */
export interface Artifacts extends AsyncDisposable {
  /** Stores and pins. Rejects with `RIPPLE_DISK_FULL` or `RIPPLE_ARTIFACT_TOO_LARGE`. */
  add(bytes: Uint8Array, signal: AbortSignal): Promise<Cid>
  /**
   * Reads content from here or from peers; `from` names peers that may have it. The bytes are checked against the CID, and
   * may be at most `max`. Rejects with `RIPPLE_CID_INVALID`, `RIPPLE_ARTIFACT_TOO_LARGE`, or `RIPPLE_ARTIFACT_UNAVAILABLE`
   * when the signal's deadline passes first.
   */
  get(cid: Cid, from: readonly AgentKey[], signal: AbortSignal, max?: number): Promise<Uint8Array>
  /** Whether the whole content is here. */
  has(cid: Cid, signal: AbortSignal): Promise<boolean>
  /** Keeps content here, and fetches it if necessary. Pinning twice is allowed. */
  pin(cid: Cid, from: readonly AgentKey[], signal: AbortSignal): Promise<void>
  /** Removes a pin. Unpinning content that is not pinned is allowed. */
  unpin(cid: Cid, signal: AbortSignal): Promise<void>
  /** Lists the artifacts that are pinned here. */
  ls(signal: AbortSignal): Promise<PinnedArtifact[]>
}

/** The part of a content to read. */
export interface ReadRange {
  /** Bytes to skip at its beginning. */
  readonly offset: number
  /** Most bytes that may follow. */
  readonly max: number
}

/** Large files outside of the store, such as models, which are shared and fetched without a copy in the store. */
export interface FileExchange {
  /**
   * Gives peers the blocks of a file, from the file itself, until the returned function is called. Returns null where the
   * implementation cannot do so: Kubo would have to store the bytes again.
   */
  share(path: string, cut: CutFile): (() => void) | null
  /**
   * Reads content from peers piece by piece, in order. Each piece is checked against the CID and has the profile's length;
   * nothing is stored here. The read continues until the signal ends it, so the reader decides how long it may stall. Throws
   * `RIPPLE_CID_INVALID` and `RIPPLE_ARTIFACT_TOO_LARGE`. Throws `RIPPLE_ARTIFACT_UNAVAILABLE` for a block that does not
   * belong to this content, or content that is cut otherwise. Also throws the signal's reason.
   */
  read(cid: Cid, from: readonly AgentKey[], range: ReadRange, signal: AbortSignal): AsyncIterable<Uint8Array>
}
