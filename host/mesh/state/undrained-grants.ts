/** Lists the grants that a machine must finish before it stops. */
import { limits } from '../../limits.ts'
import type { Millis } from '../../types/events.ts'
import { isAway } from './feasible.ts'
import { type Held, isProven } from './held.ts'
import type { MeshState } from './state.ts'

/** Returns the grants that still need work here before the machine can stop without loss to anybody. */
export function undrainedGrants(state: MeshState, now: Millis): Held[] {
  return [...state.held.values()].filter((held) => isInHand(state, held, now))
}

/**
 * Whether a grant is in hand. It is until it was run, its Result was written, and its poster has closed the task, because
 * the output exists only here. A failed run leaves nothing to fetch. If the poster is away or leaves the task open for long,
 * the output waits in the journal for a later start, so that the machine can stop.
 */
function isInHand(state: MeshState, held: Held, now: Millis): boolean {
  if (held.ended || !isProven(held)) return false
  if (!held.run || held.ranAt === null) return true
  if (now >= held.ranAt + limits.drain_handover_ms) return false
  if (!held.result) return true
  return held.run.failed === null && !isAway(state, held.poster, now)
}
