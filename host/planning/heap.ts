/** Implements a priority queue. */

/** A binary heap: it reads the least item in O(1), and adds or takes an item in O(log n). */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  /** `before` tells whether one item comes out before another. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  /** Returns the least item, and leaves it in the heap. */
  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = items[above]
      if (other === undefined || !this.#before(item, other)) break
      items[at] = other
      at = above
    }
    items[at] = item
  }

  /** Removes and returns the least item. */
  pop(): T | undefined {
    const least = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return least
  }

  /** Puts an item at the top and moves it down to its place. */
  #sink(item: T): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const a = items[left]
      const b = items[left + 1]
      if (a === undefined) break
      const right = b !== undefined && this.#before(b, a)
      const lesser = right ? b : a
      if (!this.#before(lesser, item)) break
      items[at] = lesser
      at = right ? left + 1 : left
    }
    items[at] = item
  }
}
