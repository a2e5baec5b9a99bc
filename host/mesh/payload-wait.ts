/** Decides how long a grant waits for its poster's payload. */
import type { Millis } from '../types/events.ts'
import type { Step } from './actions.ts'
import { awayAt } from './feasible.ts'
import { type Held, isProven } from './held.ts'
import type { MeshState } from './state.ts'

/**
 * Whether a place is kept for a grant that cannot be run because its poster has not sent the payload. A poster may write
 * grants and never send a payload, so no place is kept for long. If the poster is away, the grant is dropped silently and
 * taken up again when the poster returns and names it. If the poster is present, the grant is returned to it.
 */
export function lacksPayload(held: Held): boolean {
  return isProven(held) && !held.fallback && held.taskEvent !== null && !held.payload && !held.run
}

/** Returns the deadline for a present poster to send the payload. A poster that died counts as away before then. */
export function payloadEnd({ config }: MeshState, held: Held): Millis {
  return held.knownAt + 2 * config.peer_away_ms
}

/** Yields the moments at which the wait for a payload ends. */
export function* payloadMoments(state: MeshState, held: Held): Generator<Step> {
  if (!lacksPayload(held)) return
  const { peer_away_ms } = state.config
  const poster = state.peers.get(held.poster)
  if (poster) yield { wakeAt: Math.max(awayAt(poster, peer_away_ms), held.knownAt + peer_away_ms) }
  yield { wakeAt: payloadEnd(state, held) }
}
