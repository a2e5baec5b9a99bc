import type { Millis } from '../types/events.ts'
import type { Step } from './actions.ts'
import { awayAt } from './feasible.ts'
import { type Held, isProven } from './held.ts'
import type { MeshState } from './state.ts'

/**
 * Whether a place is kept for a grant that cannot be run because its poster has not sent the payload. A poster may grant as
 * often as it likes and never send one, so no place is kept for long: a grant of a poster that is away is let go of in
 * silence, and taken up again when it is back and says so; to one that is there it is given back.
 */
export function lacksPayload(held: Held): boolean {
  return isProven(held) && !held.fallback && held.taskEvent !== null && !held.payload && !held.run
}

/** By when a poster that is there has sent the payload: long enough for one that died to be noticed to be away before. */
export function payloadEnd({ config }: MeshState, held: Held): Millis {
  return held.knownAt + 2 * config.peer_away_ms
}

/** The moments from which on a payload is waited for no more. */
export function* payloadMoments(state: MeshState, held: Held): Generator<Step> {
  if (!lacksPayload(held)) return
  const { peer_away_ms } = state.config
  const poster = state.peers.get(held.poster)
  if (poster) yield { wakeAt: Math.max(awayAt(poster, peer_away_ms), held.knownAt + peer_away_ms) }
  yield { wakeAt: payloadEnd(state, held) }
}
