/** Keeps the subjects that are due for planning. */
import type { Millis } from '../types/events.ts'
import { Heap } from './heap.ts'
import type { Subject, Touches } from './planner.ts'

interface Wake {
  readonly at: Millis
  readonly subject: Subject
}

/** Number of wakes that the heap may hold above twice the valid ones; then it is rebuilt without the outdated ones. */
const staleMax = 1_024

/**
 * The subjects to plan: those that changed, and those whose time has come. The cost does not grow with the number of other
 * subjects.
 */
export class Agenda<S> {
  readonly #touches: Touches<S>
  readonly #touched = new Set<Subject>()
  readonly #wakes = new Map<Subject, Millis>()
  #heap = newHeap()

  constructor(touches: Touches<S>) {
    this.#touches = touches
  }

  /** Notes the subjects that changed from one state to the next. */
  changed(before: S, after: S): void {
    const isAwaited = (subject: Subject) => this.#wakes.has(subject)
    for (const subject of this.#touches.changed(before, after, isAwaited)) this.#touched.add(subject)
  }

  /** Takes out the subjects to plan now, in their order. */
  take(state: S, now: Millis): Subject[] {
    for (let first = this.#heap.peek(); first && first.at <= now; first = this.#heap.peek()) {
      this.#heap.pop()
      if (this.#wakes.get(first.subject) !== first.at) continue
      this.#wakes.delete(first.subject)
      this.#touched.add(first.subject)
      for (const subject of this.#touches.rang(state, first.subject, now)) this.#touched.add(subject)
    }
    const order = (subject: Subject) => this.#touches.order(state, subject)
    const subjects = [...this.#touched].sort((a, b) => order(a) - order(b))
    this.#touched.clear()
    return subjects
  }

  /** Sets the time to look at a subject again if it does not change; null for never. */
  wake(subject: Subject, at: Millis | null): void {
    if (at === null) {
      this.#wakes.delete(subject)
      return
    }
    if (this.#wakes.get(subject) === at) return
    this.#wakes.set(subject, at)
    this.#heap.push({ at, subject })
    if (this.#heap.size > 2 * this.#wakes.size + staleMax) this.#rebuild()
  }

  /** Returns the time of the next subject; it may be too early, but never too late. */
  next(): Millis | null {
    return this.#heap.peek()?.at ?? null
  }

  #rebuild(): void {
    this.#heap = newHeap()
    for (const [subject, at] of this.#wakes) this.#heap.push({ at, subject })
  }
}

function newHeap(): Heap<Wake> {
  return new Heap<Wake>((a, b) => a.at < b.at)
}
