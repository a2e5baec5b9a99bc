/** What fetching a model's file takes: where its bytes go, and how it is told. */
import { stat } from 'node:fs/promises'

/** What a source needs to fetch a model's file. */
export interface Download {
  /** Where the file will be in the end. */
  readonly path: string
  /** Where the bytes go; a source may go on with what is there already. */
  readonly part: string
  /** Size of the file, where it is pinned. */
  readonly bytes: number | null
  readonly signal: AbortSignal
  /** Called with the bytes that are here and how many there will be, where that is known. */
  onProgress(bytes: number, total: number | null): void
  /** Says what a person should know of how it is fetched, as one sentence without a full stop. */
  note(line: string): void
}

/** What a source says of the file that it gave. */
export interface Fetched {
  /** Its sha256 by the source's own word, or null. */
  readonly claimedSha256: string | null
}

/** Where the bytes of a file are until it is whole and checked. */
export function partOf(path: string): string {
  return `${path}.part`
}

/** Size of a file in bytes; 0 where there is none. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}
