/** Describes the download of a model's file: its paths, its progress and its result. */
import { stat } from 'node:fs/promises'

/** The request to a source for a model's file. */
export interface Download {
  /** The final path of the file. */
  readonly path: string
  /** The path that the bytes are written to; a source may resume from the bytes that are already there. */
  readonly part: string
  /** Size of the file in bytes; null where it is not pinned. */
  readonly bytes: number | null
  readonly signal: AbortSignal
  /** Called with the bytes that are here and the total, which is null where it is not known. */
  onProgress(bytes: number, total: number | null): void
  /** Reports what a person should know about the download, as one sentence without a full stop. */
  note(line: string): void
}

/** A source's statement about the file that it gave. */
export interface Fetched {
  /** The sha256 that the source states; null where it states none. */
  readonly claimedSha256: string | null
}

/** Returns the path of a file's bytes until the file is whole and checked. */
export function partOf(path: string): string {
  return `${path}.part`
}

/** Returns the size of a file in bytes; 0 where it does not exist. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}
