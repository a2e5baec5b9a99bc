/** Fetches tasks, grants and results. */
import { isGrant, isTask } from '../../mesh/state/chain.ts'
import { knownEvents } from '../../mesh/state/known-events.ts'
import { ownTask } from '../../mesh/state/state.ts'
import type { ActionHash, EventOf } from '../../types/events.ts'
import type { PeerContext } from '../context/context.ts'

/**
 * Fetches a task that was offered or granted. A task that is known here, such as an own one, is taken at once; others
 * come from the DHT. Until the task arrives the plan asks again.
 */
export async function fetchTask(task: ActionHash, context: PeerContext): Promise<void> {
  const known = [...knownEvents(context.state(), task)].find(isTask)
  if (known) return takeTask(known, context)
  const event = await context.needs.dht.get(task, context.signal)
  if (!event) return
  context.peerEvents.arrived(task)
  if (isTask(event)) takeTask(event, context)
}

/** Takes in a task that was offered or granted. */
export function takeTask(event: EventOf<'Task'>, context: PeerContext): void {
  context.record({ type: 'task_fetched', task: event.hash })
  context.dispatch({ type: 'task_fetched', event })
}

/** Fetches a grant that a poster announced: an own one at once, another's from the DHT. */
export async function fetchGrant(grant: ActionHash, context: PeerContext): Promise<void> {
  const state = context.state()
  const own = ownTask(state, state.held.get(grant)?.task ?? '')?.grants.find(({ hash }) => hash === grant)
  if (own) return context.dispatch({ type: 'grant_fetched', event: own })
  const event = await context.needs.dht.get(grant, context.signal)
  if (!event) return
  context.peerEvents.arrived(grant)
  if (isGrant(event)) context.dispatch({ type: 'grant_fetched', event })
}

/** Looks on the DHT for the Result that a worker named, or for all Results that the task links to. */
export async function look(task: ActionHash, named: ActionHash | null, context: PeerContext): Promise<void> {
  const { dht, clock } = context.needs
  const one = named ? await dht.get(named, context.signal) : null
  const events = named ? (one ? [one] : []) : await dht.results(task, context.signal)
  context.dispatch({ type: 'results_found', task, events, at: clock.now() })
}
