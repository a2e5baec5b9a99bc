/** Implements a persistent map: changed copies share structure with the version before. */

/**
 * Bits of a key's hash that choose a child, entries of a leaf before it is split, and hash bits that can choose children.
 */
const shape = { bits: 5, leaf: 8, hash: 30 } as const

type Key = string | number
type Entry<K, V> = readonly [key: K, value: V]
type Leaf<K, V> = readonly Entry<K, V>[]
interface Branch<K, V> {
  readonly size: number
  readonly children: readonly Node<K, V>[]
}
type Node<K, V> = Leaf<K, V> | Branch<K, V>

/**
 * A map whose versions never change. A changed copy costs O(log n) and shares the rest with the version before.
 * Differences between two versions are found without reading shared parts. Entries come in an order that follows from
 * their keys and, among a few neighbours, from when they were added.
 */
export class PersistentMap<K extends Key, V> implements ReadonlyMap<K, V> {
  readonly #root: Node<K, V>

  private constructor(root: Node<K, V>) {
    this.#root = root
  }

  /** Returns a map of the same entries; the same map if it already is of this kind. */
  static of<K extends Key, V>(map: Iterable<Entry<K, V>>): PersistentMap<K, V> {
    if (map instanceof PersistentMap) return map
    let root: Node<K, V> = []
    for (const entry of map) root = put(root, entry, 0)
    return new PersistentMap(root)
  }

  get size(): number {
    return sizeOf(this.#root)
  }

  get(key: K): V | undefined {
    return find(this.#root, key, 0)?.[1]
  }

  has(key: K): boolean {
    return find(this.#root, key, 0) !== undefined
  }

  /** Returns the version with this value; the same version if it already has it. */
  with(key: K, value: V): PersistentMap<K, V> {
    const root = put(this.#root, [key, value], 0)
    return root === this.#root ? this : new PersistentMap(root)
  }

  /** Returns the version without this key; the same version if the key is absent. */
  without(key: K): PersistentMap<K, V> {
    const root = remove(this.#root, key, 0)
    return root === this.#root ? this : new PersistentMap(root)
  }

  /** Returns the keys whose value differs from that version, or that only one of the two has. */
  changedSince(before: PersistentMap<K, V>): K[] {
    const keys: K[] = []
    differ(before.#root, this.#root, 0, keys)
    return keys
  }

  entries(): MapIterator<[K, V]> {
    const list: [K, V][] = []
    visit(this.#root, ([key, value]) => list.push([key, value]))
    return list.values()
  }

  keys(): MapIterator<K> {
    const list: K[] = []
    visit(this.#root, ([key]) => list.push(key))
    return list.values()
  }

  values(): MapIterator<V> {
    const list: V[] = []
    visit(this.#root, ([, value]) => list.push(value))
    return list.values()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    visit(this.#root, ([key, value]) => each(value, key, this))
  }
}

/** Returns the keys whose value differs between two versions of a map, or that only one of the two has. */
export function changedKeys<K extends Key, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): K[] {
  return before === after ? [] : PersistentMap.of(after).changedSince(PersistentMap.of(before))
}

function isLeaf<K, V>(node: Node<K, V>): node is Leaf<K, V> {
  return Array.isArray(node)
}

function sizeOf<K, V>(node: Node<K, V>): number {
  return isLeaf(node) ? node.length : node.size
}

/** Returns the child that a key belongs to, at a depth in bits. A small map is one leaf, so its keys are never hashed. */
function placeOf(key: Key, depth: number): number {
  return placeOfHash(hashOf(key), depth)
}

function placeOfHash(hash: number, depth: number): number {
  return (hash >>> depth) & ((1 << shape.bits) - 1)
}

/** Returns the index of a key in a leaf, or -1. It is a loop because every step of every daemon looks into maps. */
function indexIn<K extends Key, V>(leaf: Leaf<K, V>, key: K): number {
  for (let i = 0; i < leaf.length; i++) if (leaf[i]?.[0] === key) return i
  return -1
}

function find<K extends Key, V>(node: Node<K, V>, key: K, depth: number): Entry<K, V> | undefined {
  if (isLeaf(node)) return inLeaf(node, key)
  const hash = hashOf(key)
  let below: Node<K, V> | undefined = node
  for (let at = depth; below && !isLeaf(below); at += shape.bits)
    below = below.children[placeOfHash(hash, at)]
  return below && inLeaf(below, key)
}

function inLeaf<K extends Key, V>(leaf: Leaf<K, V>, key: K): Entry<K, V> | undefined {
  const at = indexIn(leaf, key)
  return at < 0 ? undefined : leaf[at]
}

function put<K extends Key, V>(node: Node<K, V>, entry: Entry<K, V>, depth: number): Node<K, V> {
  if (!isLeaf(node)) {
    const place = placeOf(entry[0], depth)
    return withChild(node, place, put(node.children[place] ?? [], entry, depth + shape.bits))
  }
  const at = indexIn(node, entry[0])
  if (at >= 0) return node[at]?.[1] === entry[1] ? node : node.with(at, entry)
  const more = [...node, entry]
  return more.length > shape.leaf && depth < shape.hash ? split(more, depth) : more
}

function split<K extends Key, V>(entries: Leaf<K, V>, depth: number): Node<K, V> {
  const children: Node<K, V>[] = Array.from({ length: 1 << shape.bits }, () => [])
  for (const entry of entries) {
    const place = placeOf(entry[0], depth)
    children[place] = put(children[place] ?? [], entry, depth + shape.bits)
  }
  return { size: entries.length, children }
}

function remove<K extends Key, V>(node: Node<K, V>, key: K, depth: number): Node<K, V> {
  if (isLeaf(node)) {
    const at = indexIn(node, key)
    return at < 0 ? node : node.toSpliced(at, 1)
  }
  const place = placeOf(key, depth)
  const less = withChild(node, place, remove(node.children[place] ?? [], key, depth + shape.bits))
  return isLeaf(less) || less.size > shape.leaf / 2 ? less : leafOf(less)
}

function withChild<K, V>(branch: Branch<K, V>, place: number, child: Node<K, V>): Branch<K, V> {
  const before = branch.children[place] ?? []
  if (child === before) return branch
  return {
    size: branch.size - sizeOf(before) + sizeOf(child),
    children: branch.children.with(place, child),
  }
}

function leafOf<K, V>(node: Node<K, V>): Leaf<K, V> {
  if (isLeaf(node)) return node
  const entries: Entry<K, V>[] = []
  visit(node, (entry) => entries.push(entry))
  return entries
}

function visit<K, V>(node: Node<K, V>, each: (entry: Entry<K, V>) => void): void {
  if (isLeaf(node)) for (const entry of node) each(entry)
  else for (const child of node.children) visit(child, each)
}

/**
 * Collects the keys that differ. Branches of one depth divide their keys alike. If one node is a leaf, there is little to
 * compare.
 */
function differ<K extends Key, V>(before: Node<K, V>, after: Node<K, V>, depth: number, keys: K[]): void {
  if (before === after) return
  if (!isLeaf(before) && !isLeaf(after)) {
    for (let place = 0; place < after.children.length; place++)
      differ(before.children[place] ?? [], after.children[place] ?? [], depth + shape.bits, keys)
    return
  }
  const [old, now] = [leafOf(before), leafOf(after)]
  // Nearly all entries of the two leaves are identical, in the same places.
  old.forEach((entry, i) => {
    if (entry !== now[i] && find(after, entry[0], depth)?.[1] !== entry[1]) keys.push(entry[0])
  })
  now.forEach((entry, i) => {
    if (entry !== old[i] && !find(before, entry[0], depth)) keys.push(entry[0])
  })
}

/** Computes FNV-1a, with its high bits folded into those that are used. */
function hashOf(key: Key): number {
  const text = typeof key === 'number' ? String(key) : key
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}
