/** Reads the events that a poster has written about a task. */
import type { Dht } from '../dht/port.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../types/events.ts'

/**
 * Returns the part of a poster's list for a task that has arrived here after the Task itself, each event once. A Close is
 * found in the poster's activity and by its link from the task. Each of these is a separate DHT operation and may arrive
 * first, so both are read. Otherwise a late one could make a receipt one-sided, or hide a sibling.
 */
export async function readPosterList(
  dht: Dht,
  poster: AgentKey,
  task: ActionHash,
  signal: AbortSignal,
): Promise<MeshEvent[]> {
  const [listed, closes] = await Promise.all([dht.eventsBy(poster, task, signal), dht.closes(task, signal)])
  const linked = closes.filter(
    ({ hash, author }) => author === poster && !listed.some((event) => event.hash === hash),
  )
  return [...listed, ...linked]
}
