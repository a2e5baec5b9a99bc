import { limits } from '../limits.ts'
import type { Millis } from '../types/events.ts'
import { isAway } from './feasible.ts'
import { type Held, isProven } from './held.ts'
import type { MeshState } from './state.ts'

/** The grants that a machine must still do something for before it can go without anybody's loss. */
export function inHand(state: MeshState, now: Millis): Held[] {
  return [...state.held.values()].filter((held) => isInHand(state, held, now))
}

/**
 * A grant is in hand until it has been run, its Result is written, and its poster has closed the task: until then the
 * output is here alone. A failed run leaves nothing to fetch. What a poster that is away has not fetched, or one that
 * is there leaves open for long, waits in the journal for a later start, and must not keep a machine for ever.
 */
function isInHand(state: MeshState, held: Held, now: Millis): boolean {
  if (held.ended || !isProven(held)) return false
  if (!held.run || held.ranAt === null) return true
  if (now >= held.ranAt + limits.drain_handover_ms) return false
  if (!held.result) return true
  return held.run.failed === null && !isAway(state, held.poster, now)
}
