/** Keeps the subjects that are due for planning. */
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import { isPresent } from './feasible.ts'
import { Heap } from './heap.ts'
import { peerOwner } from './pace.ts'
import { changedKeys } from './persistent-map.ts'
import type { MeshState } from './state.ts'
import { partsOf, type Subject, touched } from './subjects.ts'

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
export class Agenda {
  readonly #touched = new Set<Subject>()
  readonly #wakes = new Map<Subject, Millis>()
  #heap = newHeap()
  /** Open own tasks by the tasks that they depend on. */
  readonly #waiting = new Map<ActionHash, Set<ActionHash>>()

  /** Notes the subjects that changed from one state to the next. */
  changed(before: MeshState, after: MeshState): void {
    const isThere = (agent: AgentKey) => this.#wakes.has(peerOwner(agent))
    for (const subject of touched(before, after, isThere)) {
      this.#touched.add(subject)
      if (this.#wasAway(after, subject)) this.#touchAll(after.open.keys())
    }
    for (const task of changedKeys(before.open, after.open)) this.#dependencies(task, before, after)
  }

  /** Takes out the subjects to plan now. Own background tasks come last, so that they are offered last. */
  take(state: MeshState, now: Millis): Subject[] {
    for (let first = this.#heap.peek(); first && first.at <= now; first = this.#heap.peek()) {
      this.#heap.pop()
      if (this.#wakes.get(first.subject) !== first.at) continue
      this.#wakes.delete(first.subject)
      this.#touched.add(first.subject)
      if (isAway(state, first.subject, now)) this.#touchAll(state.open.keys())
    }
    const background = (subject: Subject) =>
      state.open.get(subject)?.task.entry.priority === 'background' ? 1 : 0
    const subjects = [...this.#touched].sort((a, b) => background(a) - background(b))
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

  /** Whether a peer counted as away: it has no time to look again. Its return may help tasks that had no peer to ask. */
  #wasAway(state: MeshState, subject: Subject): boolean {
    const { kind, id } = partsOf(subject)
    return kind === 'peer' && id !== state.self && !this.#wakes.has(subject)
  }

  #touchAll(subjects: Iterable<Subject>): void {
    for (const subject of subjects) this.#touched.add(subject)
  }

  #rebuild(): void {
    this.#heap = newHeap()
    for (const [subject, at] of this.#wakes) this.#heap.push({ at, subject })
  }

  /** Records the dependencies of a task that opened or closed, and marks the open tasks that depend on it. */
  #dependencies(task: ActionHash, before: MeshState, after: MeshState): void {
    const [old, now] = [before.open.get(task), after.open.get(task)]
    if (old && now) return
    for (const named of (now ?? old)?.task.entry.depends_on ?? []) {
      const waiting = this.#waiting.get(named) ?? new Set()
      if (now) this.#waiting.set(named, waiting.add(task))
      else if (waiting.delete(task) && waiting.size === 0) this.#waiting.delete(named)
    }
    this.#touchAll(this.#waiting.get(task) ?? [])
  }
}

function newHeap(): Heap<Wake> {
  return new Heap<Wake>((a, b) => a.at < b.at)
}

function isAway(state: MeshState, subject: Subject, now: Millis): boolean {
  const { kind, id } = partsOf(subject)
  const peer = kind === 'peer' ? state.peers.get(id) : undefined
  return peer !== undefined && !isPresent(peer, state.self, now, state.config.peer_away_ms)
}
