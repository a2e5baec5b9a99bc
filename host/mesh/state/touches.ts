/** Finds the subjects of the mesh whose plan an input or a moment changes. */

import { changedKeys } from '../../planning/persistent-map.ts'
import type { Touches } from '../../planning/planner.ts'
import type { ActionHash, Millis } from '../../types/events.ts'
import { peerOwner } from './effect-owners.ts'
import { isPresent } from './feasible.ts'
import type { MeshState } from './state.ts'
import { partsOf, type Subject, touched } from './subjects.ts'

/** Finds touched subjects, with an index of the open own tasks by the tasks that they depend on. */
export class MeshTouches implements Touches<MeshState> {
  readonly #waiting = new Map<ActionHash, Set<ActionHash>>()

  /** Returns all open tasks if a peer has gone away. */
  rang(state: MeshState, subject: Subject, now: Millis): Iterable<Subject> {
    const { kind, id } = partsOf(subject)
    const peer = kind === 'peer' ? state.peers.get(id) : undefined
    const isAway = peer !== undefined && !isPresent(peer, state.self, now, state.config.peer_away_ms)
    return isAway ? state.open.keys() : []
  }

  /** Puts own background tasks last, so that they are offered last. */
  order(state: MeshState, subject: Subject): number {
    return state.open.get(subject)?.task.entry.priority === 'background' ? 1 : 0
  }

  *changed(before: MeshState, after: MeshState, isAwaited: (subject: Subject) => boolean): Iterable<Subject> {
    for (const subject of touched(before, after, (agent) => isAwaited(peerOwner(agent)))) {
      yield subject
      // A peer that is not awaited counted as away. Its return may help tasks that had no peer to ask.
      const { kind, id } = partsOf(subject)
      if (kind === 'peer' && id !== after.self && !isAwaited(subject)) yield* after.open.keys()
    }
    for (const task of changedKeys(before.open, after.open)) yield* this.#dependents(task, before, after)
  }

  /** Records the dependencies of a task that opened or closed, and returns the open tasks that depend on it. */
  #dependents(task: ActionHash, before: MeshState, after: MeshState): Iterable<Subject> {
    const [old, now] = [before.open.get(task), after.open.get(task)]
    if (old && now) return []
    for (const named of (now ?? old)?.task.entry.depends_on ?? []) {
      const waiting = this.#waiting.get(named) ?? new Set()
      if (now) this.#waiting.set(named, waiting.add(task))
      else if (waiting.delete(task) && waiting.size === 0) this.#waiting.delete(named)
    }
    return this.#waiting.get(task) ?? []
  }
}
