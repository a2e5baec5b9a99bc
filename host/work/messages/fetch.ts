/** Fetches tasks, grants and results. */
import { isGrant, isTask } from '../../mesh/state/chain.ts'
import { knownEvents } from '../../mesh/state/known-events.ts'
import { ownTask } from '../../mesh/state/state.ts'
import type { ActionHash, EventOf } from '../../types/events.ts'
import type { Hands } from '../context/hands.ts'

/**
 * Fetches a task that was offered or granted. A task that is known here, such as an own one, is taken at once; others
 * come from the DHT. Until the task arrives the plan asks again.
 */
export async function fetchTask(task: ActionHash, hands: Hands): Promise<void> {
  const known = [...knownEvents(hands.state(), task)].find(isTask)
  if (known) return takeTask(known, hands)
  const event = await hands.needs.dht.get(task, hands.signal)
  if (!event) return
  hands.handed.arrived(task)
  if (isTask(event)) takeTask(event, hands)
}

/** Takes in a task that was offered or granted. */
export function takeTask(event: EventOf<'Task'>, hands: Hands): void {
  hands.record({ type: 'task_fetched', task: event.hash })
  hands.dispatch({ type: 'task_fetched', event })
}

/** Fetches a grant that a poster announced: an own one at once, another's from the DHT. */
export async function fetchGrant(grant: ActionHash, hands: Hands): Promise<void> {
  const state = hands.state()
  const own = ownTask(state, state.held.get(grant)?.task ?? '')?.grants.find(({ hash }) => hash === grant)
  if (own) return hands.dispatch({ type: 'grant_fetched', event: own })
  const event = await hands.needs.dht.get(grant, hands.signal)
  if (!event) return
  hands.handed.arrived(grant)
  if (isGrant(event)) hands.dispatch({ type: 'grant_fetched', event })
}

/** Looks on the DHT for the Result that a worker named, or for all Results that the task links to. */
export async function look(task: ActionHash, named: ActionHash | null, hands: Hands): Promise<void> {
  const { dht, clock } = hands.needs
  const one = named ? await dht.get(named, hands.signal) : null
  const events = named ? (one ? [one] : []) : await dht.results(task, hands.signal)
  hands.dispatch({ type: 'results_found', task, events, at: clock.now() })
}
