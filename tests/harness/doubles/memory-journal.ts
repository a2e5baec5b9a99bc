/** Implements the journal in memory. */
import { decode, encode } from '@msgpack/msgpack'
import { addNumbers } from '../../../host/work/journal/add-numbers.ts'
import type { Journal, JournalBucket, JournalChange, JournalValue } from '../../../host/work/journal/port.ts'

/** A journal in memory. Its values outlive the daemon that put them, for as long as this object lives. */
export class MemoryJournal implements Journal {
  readonly #buckets = new Map<JournalBucket, Map<string, Uint8Array>>()

  async put(bucket: JournalBucket, key: string, value: JournalValue): Promise<void> {
    this.#bucket(bucket).set(key, encode(value))
  }

  async get(bucket: JournalBucket, key: string): Promise<JournalValue | null> {
    const bytes = this.#bucket(bucket).get(key)
    return bytes ? decodeValue(bytes) : null
  }

  async delete(bucket: JournalBucket, key: string): Promise<void> {
    this.#bucket(bucket).delete(key)
  }

  async batch(changes: readonly JournalChange[]): Promise<void> {
    // Encoded first: a value that cannot be encoded must not leave half of the changes made.
    for (const one of changes) if (one.type !== 'delete') encode(one.value)
    for (const one of changes) {
      const bucket = this.#bucket(one.bucket)
      const before = bucket.get(one.key)
      if (one.type === 'delete') bucket.delete(one.key)
      else if (one.type === 'put') bucket.set(one.key, encode(one.value))
      else bucket.set(one.key, encode(addNumbers(before ? decodeValue(before) : null, one.value)))
    }
  }

  async entries(bucket: JournalBucket): Promise<Array<[key: string, value: JournalValue]>> {
    return [...this.#bucket(bucket)].map(([key, bytes]) => [key, decodeValue(bytes)])
  }

  async beginning(
    bucket: JournalBucket,
    prefix: string,
    most: number,
  ): Promise<Array<[key: string, value: JournalValue]>> {
    return this.#sorted(bucket, (key) => key.startsWith(prefix)).slice(0, most)
  }

  async last(bucket: JournalBucket, most: number): Promise<Array<[key: string, value: JournalValue]>> {
    return this.#sorted(bucket, () => true)
      .reverse()
      .slice(0, most)
  }

  #sorted(name: JournalBucket, fits: (key: string) => boolean): Array<[key: string, value: JournalValue]> {
    return [...this.#bucket(name)]
      .filter(([key]) => fits(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, bytes]) => [key, decodeValue(bytes)])
  }

  #bucket(name: JournalBucket): Map<string, Uint8Array> {
    const bucket = this.#buckets.get(name) ?? new Map<string, Uint8Array>()
    this.#buckets.set(name, bucket)
    return bucket
  }
}

function decodeValue(bytes: Uint8Array): JournalValue {
  return decode(bytes) as JournalValue
}
