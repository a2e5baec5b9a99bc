import { isGrant, isTask } from '../mesh/chain.ts'
import type { ActionHash } from '../types/events.ts'
import type { Hands } from './hands.ts'

/** Gets a task that was offered or granted; while it has not arrived the plan asks again. */
export async function fetchTask(task: ActionHash, hands: Hands): Promise<void> {
  const event = await hands.needs.dht.get(task, hands.signal)
  if (!event || !isTask(event)) return
  hands.record({ type: 'task_fetched', task })
  hands.dispatch({ type: 'task_fetched', event })
}

/** Gets a grant that a poster told of. */
export async function fetchGrant(grant: ActionHash, hands: Hands): Promise<void> {
  const event = await hands.needs.dht.get(grant, hands.signal)
  if (event && isGrant(event)) hands.dispatch({ type: 'grant_fetched', event })
}

/** Gets the Result that a worker named, or whatever Results the task links to. */
export async function look(task: ActionHash, named: ActionHash | null, hands: Hands): Promise<void> {
  const { dht, clock } = hands.needs
  const one = named ? await dht.get(named, hands.signal) : null
  const events = named ? (one ? [one] : []) : await dht.results(task, hands.signal)
  hands.dispatch({ type: 'results_found', task, events, at: clock.now() })
}
