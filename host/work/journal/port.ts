/** Defines the port of the journal. */

/**
 * The data that a daemon must not forget: payloads and salts of posted tasks, runs, outputs and their keys. `sqlite.ts`
 * keeps it on disk (a put that resolved survives kill -9 and power loss), `memory.ts` in simulation.
 */
export interface Journal {
  /** Stores a value under bucket and key, replacing what was there. Rejects with `RIPPLE_DISK_FULL`. */
  put(bucket: JournalBucket, key: string, value: JournalValue): Promise<void>
  get(bucket: JournalBucket, key: string): Promise<JournalValue | null>
  delete(bucket: JournalBucket, key: string): Promise<void>
  /** Makes all of these changes, in order, or none of them; it costs hardly more than one. Rejects as `put` does. */
  batch(changes: readonly JournalChange[]): Promise<void>
  /** Returns all entries of a bucket, by key. */
  entries(bucket: JournalBucket): Promise<Array<[key: string, value: JournalValue]>>
  /** Returns the first entries of a bucket, by key, whose keys begin with `prefix`, and at most `most`. */
  beginning(
    bucket: JournalBucket,
    prefix: string,
    most: number,
  ): Promise<Array<[key: string, value: JournalValue]>>
  /** Returns the last entries of a bucket by key, the very last first, and at most `most`. */
  last(bucket: JournalBucket, most: number): Promise<Array<[key: string, value: JournalValue]>>
}

/** One of several changes that are made together. `add` adds the numbers of a document to those that are there. */
export type JournalChange = { readonly bucket: JournalBucket; readonly key: string } & (
  | { readonly type: 'put'; readonly value: JournalValue }
  | { readonly type: 'add'; readonly value: { readonly [field: string]: JournalValue } }
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
 * Buckets of the journal, with their keys. `payloads` by task id (poster). `prefixes` by task hash and attempt: text that the
 * attempt continues (poster). `runs` and `outputs` by grant hash (worker). `secrets` by the authority of a result (poster).
 *
 * `past` by task hash, and the hash by task id: closed tasks (poster). `past_times` by the time of posting: the same hash.
 * `reveals` by DNA and task hash: payloads and secrets of closed tasks, until their epoch is left (poster). `usage` by UTC day,
 * way, peer and class: counts of given and received work, for `usage_days_max` days.
 *
 * `meta` by names of its own. It holds the port of the libp2p node, the last addresses of peers, the speed of runs, and the
 * owner's pause. It also holds the use of keys, the spent part of the day's budget for providers, and the names of added files.
 */
export type JournalBucket =
  | 'payloads'
  | 'prefixes'
  | 'runs'
  | 'outputs'
  | 'secrets'
  | 'past'
  | 'past_times'
  | 'reveals'
  | 'usage'
  | 'meta'
