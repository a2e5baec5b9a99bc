/** Implements a persistent map: changed copies share their parts with the version before. */

type Key = string | number
type Entry<K, V> = readonly [key: K, value: V]
type Part<K, V> = readonly Entry<K, V>[]

/** Parts of a map by its size: a small one is one part, so its keys are never hashed. */
const shape = { small: 8, medium: 256, few: 32, many: 256 } as const

/**
 * A map whose versions never change. A changed copy copies one part of it and shares the others with the version before.
 * Differences between two versions are found without reading shared parts. Entries come in an order that follows from
 * their keys and, within a part, from when they were added.
 */
export class PersistentMap<K extends Key, V> implements ReadonlyMap<K, V> {
  readonly size: number
  readonly #parts: readonly Part<K, V>[]

  private constructor(parts: readonly Part<K, V>[], size: number) {
    this.#parts = parts
    this.size = size
  }

  /** Returns a map of the same entries; the same map if it already is of this kind. */
  static of<K extends Key, V>(map: Iterable<Entry<K, V>>): PersistentMap<K, V> {
    if (map instanceof PersistentMap) return map
    const entries = [...new Map(map)]
    return new PersistentMap(divided(entries, partsFor(entries.length)), entries.length)
  }

  get(key: K): V | undefined {
    return this.#find(key)?.[1]
  }

  has(key: K): boolean {
    return this.#find(key) !== undefined
  }

  /** Returns the version with this value; the same version if it already has it. */
  with(key: K, value: V): PersistentMap<K, V> {
    const place = placeOf(key, this.#parts.length)
    const part = this.#parts[place] ?? []
    const at = indexIn(part, key)
    if (at >= 0 && part[at]?.[1] === value) return this
    return at < 0
      ? this.#changed(place, [...part, [key, value]], 1)
      : this.#changed(place, part.with(at, [key, value]), 0)
  }

  /** Returns the version without this key; the same version if the key is absent. */
  without(key: K): PersistentMap<K, V> {
    const place = placeOf(key, this.#parts.length)
    const part = this.#parts[place] ?? []
    const at = indexIn(part, key)
    return at < 0 ? this : this.#changed(place, part.toSpliced(at, 1), -1)
  }

  /** Returns the keys whose value differs from that version, or that only one of the two has. */
  changedSince(before: PersistentMap<K, V>): K[] {
    const keys: K[] = []
    const differ = (old: Part<K, V>, now: Part<K, V>): void => {
      if (old === now) return
      for (const [at, entry] of old.entries())
        if (entry !== now[at] && this.get(entry[0]) !== entry[1]) keys.push(entry[0])
      for (const [at, entry] of now.entries())
        if (entry !== old[at] && !before.has(entry[0])) keys.push(entry[0])
    }
    const [old, now] = [before.#parts, this.#parts]
    if (old.length === now.length)
      for (let place = 0; place < now.length; place++) differ(old[place] ?? [], now[place] ?? [])
    else differ(old.flat(), now.flat())
    return keys
  }

  entries(): MapIterator<[K, V]> {
    return this.#list()
      .map(([key, value]): [K, V] => [key, value])
      .values()
  }

  keys(): MapIterator<K> {
    return this.#list()
      .map(([key]) => key)
      .values()
  }

  values(): MapIterator<V> {
    return this.#list()
      .map(([, value]) => value)
      .values()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#list()) each(value, key, this)
  }

  #list(): Part<K, V> {
    return this.#parts.length === 1 ? (this.#parts[0] ?? []) : this.#parts.flat()
  }

  #find(key: K): Entry<K, V> | undefined {
    const part = this.#parts[placeOf(key, this.#parts.length)] ?? []
    return part[indexIn(part, key)]
  }

  #changed(place: number, part: Part<K, V>, more: number): PersistentMap<K, V> {
    const size = this.size + more
    const parts = this.#parts.with(place, part)
    const wanted = partsFor(size)
    // A map that shrinks keeps its parts until it is empty, so that it is not divided again and again.
    const count = size === 0 ? 1 : Math.max(wanted, parts.length)
    return new PersistentMap(count === parts.length ? parts : divided(parts.flat(), count), size)
  }
}

/** Returns the keys whose value differs between two versions of a map, or that only one of the two has. */
export function changedKeys<K extends Key, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): K[] {
  return before === after ? [] : PersistentMap.of(after).changedSince(PersistentMap.of(before))
}

function partsFor(size: number): number {
  return size <= shape.small ? 1 : size <= shape.medium ? shape.few : shape.many
}

function divided<K extends Key, V>(entries: Part<K, V>, count: number): Part<K, V>[] {
  if (count === 1) return [entries]
  const parts: Entry<K, V>[][] = Array.from({ length: count }, () => [])
  for (const entry of entries) parts[placeOf(entry[0], count)]?.push(entry)
  return parts
}

/** Returns the part that a key belongs to: FNV-1a of the key, with its high bits folded into those that are used. */
function placeOf(key: Key, count: number): number {
  if (count === 1) return 0
  const text = typeof key === 'number' ? String(key) : key
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) & (count - 1)
}

/** Returns the index of a key in a part, or -1. It is a loop because every step of every daemon looks into maps. */
function indexIn<K extends Key, V>(part: Part<K, V>, key: K): number {
  for (let i = 0; i < part.length; i++) if (part[i]?.[0] === key) return i
  return -1
}
