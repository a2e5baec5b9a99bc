/** What a source needs to fetch a model's file. */
export interface Download {
  /** Where the file will be in the end: what a broken download leaves is found by that name. */
  readonly path: string
  /** Where the bytes go; what is there already may be gone on with. */
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
