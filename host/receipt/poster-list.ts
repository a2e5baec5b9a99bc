import type { Dht } from '../dht/port.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../types/events.ts'

/**
 * What has arrived here of a poster's list for a task after the Task itself, each event once. A Close is found in the poster's
 * activity and by its link from the task; each of these is a DHT operation of its own and may be the first to arrive, so both
 * are read: a receipt is not one-sided, nor a sibling missed, because one of the two came later.
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
