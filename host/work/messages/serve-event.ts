/** Sends events to peers that ask for them. */
import { limits } from '../../limits.ts'
import { retried } from '../../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { PeerContext } from '../context/context.ts'

/**
 * Most events that are being sent at a time, per peer and in all: anybody may ask, and each look costs the conductor.
 */
export const serving = { each: limits.events_handed_per_peer_max, all: limits.events_handed_max }

/** Sends a peer the event that it asks for, if it is here. A peer without an answer asks again. */
export async function serveEvent(to: AgentKey, hash: ActionHash, context: PeerContext): Promise<void> {
  if (!context.serving.take(to)) return
  try {
    const signed = await context.needs.dht.signed(hash, context.signal)
    if (!signed) return
    const { action, entry, signature } = signed
    await context.send(to, { type: 'event', action, entry, signature })
  } catch (thrown) {
    if (!context.signal.aborted) context.record(retried('send an event', thrown))
  } finally {
    context.serving.release(to)
  }
}
