/**
 * What a daemon must not forget: payloads and salts of posted tasks, what was run, outputs and their keys.
 * `sqlite.ts` keeps it on disk (a put that resolved survives kill -9 and power loss), `memory.ts` in simulation.
 */
export interface Journal {
  /** Stores a value under bucket and key, replacing what was there. Rejects with `RIPPLE_DISK_FULL`. */
  put(bucket: JournalBucket, key: string, value: JournalValue): Promise<void>
  get(bucket: JournalBucket, key: string): Promise<JournalValue | null>
  delete(bucket: JournalBucket, key: string): Promise<void>
  /** Makes all of these changes, in order, or none of them; it costs hardly more than one. Rejects as `put` does. */
  batch(changes: readonly JournalChange[]): Promise<void>
  /** All of a bucket, by key. */
  entries(bucket: JournalBucket): Promise<Array<[key: string, value: JournalValue]>>
  /** Of a bucket's entries whose keys begin so the first, by key, and no more than `most`. */
  beginning(
    bucket: JournalBucket,
    prefix: string,
    most: number,
  ): Promise<Array<[key: string, value: JournalValue]>>
  /** The last of a bucket's entries by key, the very last first, and no more than `most`. */
  last(bucket: JournalBucket, most: number): Promise<Array<[key: string, value: JournalValue]>>
}

/** One of several changes that are made together. */
export type JournalChange = { readonly bucket: JournalBucket; readonly key: string } & (
  | { readonly type: 'put'; readonly value: JournalValue }
  | { readonly type: 'delete' }
)

/** A plain document; bytes stay bytes (it is kept as msgpack). */
export type JournalValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | JournalValue[]
  | { readonly [field: string]: JournalValue }

/**
 * `payloads` by task id (poster), `prefixes` by task hash and attempt (poster: text that the attempt goes on with), `runs` and `outputs` by grant hash (worker), `secrets` by the authority of a result
 * (poster), `past` by task hash, and the hash by task id (poster, tasks of epochs that were left), `past_times` the same
 * hash by when the task was posted; `meta` by a name of its own each, what no task is about: the port of the libp2p node, where
 * peers were last, how fast runs were, what of the day's budget for providers is spent.
 */
export type JournalBucket =
  | 'payloads'
  | 'prefixes'
  | 'runs'
  | 'outputs'
  | 'secrets'
  | 'past'
  | 'past_times'
  | 'meta'
