/** Limits how many tasks this machine stands by for, in all and per poster. */
import type { AgentKey, EventOf, MeshEvent, Millis } from '../../types/events.ts'
import { mayStandIn } from '../placement/standby.ts'
import { isTask } from '../state/chain.ts'
import type { MeshState } from '../state/state.ts'

/** The most tasks that this machine stands by for: of all posters, and of one. */
const standbysMax = { all: 1_024, each: 256 }

/** The places for tasks that this machine stands by for, so that no poster takes all of them. */
export class StandbyPlaces {
  readonly #taken = new Map<AgentKey, number>()
  #all = 0

  constructor({ standbys }: Pick<MeshState, 'standbys'>) {
    for (const { task } of standbys.values()) this.take(task.author)
  }

  /** Whether there is a place for a task of this poster. */
  free(author: AgentKey): boolean {
    return this.#all < standbysMax.all && (this.#taken.get(author) ?? 0) < standbysMax.each
  }

  /** Takes a place. */
  take(author: AgentKey): void {
    this.#all += 1
    this.#taken.set(author, (this.#taken.get(author) ?? 0) + 1)
  }
}

/**
 * Whether an event is a task that this machine stands by for. A task past its total deadline is over, with an allowance
 * for the poster's wrong clock.
 */
export function standsBy(state: MeshState, event: MeshEvent, at: Millis): event is EventOf<'Task'> {
  if (!isTask(event) || !mayStandIn(event, state.self)) return false
  const { created_at, deadlines_ms } = event.entry
  return at < created_at + deadlines_ms.total + state.config.clock_skew_ms
}
