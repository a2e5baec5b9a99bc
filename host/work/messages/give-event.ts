/** Sends events to peers that ask for them. */
import { limits } from '../../limits.ts'
import { retried } from '../../telemetry/history.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { Hands } from '../context/hands.ts'

/**
 * Most events that are being sent at a time, per peer and in all: anybody may ask, and each look costs the conductor.
 */
export const giving = { each: limits.events_handed_per_peer_max, all: limits.events_handed_max }

/** Sends a peer the event that it asks for, if it is here. A peer without an answer asks again. */
export async function giveEvent(to: AgentKey, hash: ActionHash, hands: Hands): Promise<void> {
  if (!hands.giving.take(to)) return
  try {
    const signed = await hands.needs.dht.signed(hash, hands.signal)
    if (!signed) return
    const { action, entry, signature } = signed
    await hands.send(to, { type: 'event', action, entry, signature })
  } catch (thrown) {
    if (!hands.signal.aborted) hands.record(retried('give an event', thrown))
  } finally {
    hands.giving.release(to)
  }
}
