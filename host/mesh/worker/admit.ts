/** Decides whether this machine takes a task, by its card, its settings and its free places. */
import { limits } from '../../limits.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import { available } from '../state/allocated.ts'
import { takesGrant } from '../state/chain-capacity.ts'
import type { PlanItem } from '../state/effects.ts'
import { shortfalls } from '../state/feasible.ts'
import { isProven, needsEngine, openClaims } from '../state/held.ts'
import { waiting, waitingEnds } from '../state/posters.ts'
import type { MeshState } from '../state/state.ts'

/** The reason not to take a task, and the time until it may be offered again: null if time alone changes nothing. */
export interface Denial {
  readonly code: RefusalCode
  readonly retry_after_ms: number | null
}

/** No place is free now; the poster may offer the task again soon. */
export const busy: Denial = { code: 'busy', retry_after_ms: limits.busy_retry_ms }

/** The owner's settings give others nothing now. The end is unknown, so peers ask again after the longest rest. */
export const ownerPaused: Denial = { code: 'owner_paused', retry_after_ms: limits.rest_ms_max }

/** Returns the posters of the taken places, one entry a place: grants that need the engine, and open reservations. */
export function places(state: MeshState, now: Millis, except: ActionHash | null): AgentKey[] {
  const held = [...state.held.values()].filter((one) => needsEngine(one) && one.task !== except)
  const reserved = openClaims(state).filter(([task, { until }]) => until > now && task !== except)
  return [...held.map((one) => one.poster), ...reserved.map(([, { poster }]) => poster)]
}

/**
 * Whether there is no place for another task of a poster. A poster that is alone may have all places. While others wait,
 * each poster is limited to its share of the places that are open to every task. So a place becomes free in time for a
 * poster that waits with a background task.
 */
export function isFull(state: MeshState, poster: AgentKey, task: ActionHash, now: Millis): boolean {
  if (openOf(state, poster, task) >= limits.held_per_poster_max) return true
  const taken = places(state, now, task)
  const max = state.config.held_grants_max
  if (taken.length >= max) return true
  const others = [...waiting(state, now)].filter((one) => one !== poster)
  if (others.length === 0) return false
  const share = Math.ceil(openPlaces(max) / new Set([poster, ...taken, ...others]).size)
  return taken.filter((one) => one === poster).length >= share
}

/** Returns how many places are open to background tasks too: all except the last ones. */
function openPlaces(max: number): number {
  return max - Math.min(limits.interactive_places, max - 1)
}

/** Yields the times at which a place may become free by time alone: a reservation ends, or a poster stops waiting. */
export function* placeMoments(state: MeshState): Generator<PlanItem> {
  for (const { until } of state.claimed.values()) yield { wakeAt: until }
  for (const at of waitingEnds(state)) yield { wakeAt: at }
}

/** Counts the other tasks of a poster that this machine holds or has claimed. */
function openOf(state: MeshState, poster: AgentKey, except: ActionHash): number {
  const held = [...state.held.values()].filter(
    (one) => one.poster === poster && isProven(one) && !one.ended && one.task !== except,
  )
  const claimed = openClaims(state).filter(([task, claim]) => claim.poster === poster && task !== except)
  return held.length + claimed.length
}

/**
 * Returns the first reason why this machine does not take a task, because a refusal names only one. Returns null if it takes
 * the task. The last places are kept for interactive tasks.
 */
export function admit(state: MeshState, task: EventOf<'Task'>, now: Millis): Denial | null {
  const own = state.peers.get(state.self)
  if (state.draining || !state.config.works || !own) return { code: 'draining', retry_after_ms: null }
  if (state.paused && task.author !== state.self) return ownerPaused
  const short = shortfalls(task.entry, available(state, own, task.author).card)[0]
  // An allocation ends by itself, and what the card itself lacks does not come with time.
  const isLasting = shortfalls(task.entry, own.card).length > 0
  if (short) return { code: short, retry_after_ms: isLasting ? null : limits.rest_ms_max }
  if (!takesGrant(state, task.entry.dna_hash)) return { code: 'chain_full', retry_after_ms: null }
  if (isFull(state, task.author, task.hash, now)) return busy
  if (task.entry.priority === 'interactive') return null
  const open = openPlaces(state.config.held_grants_max)
  return places(state, now, task.hash).length >= open ? busy : null
}
