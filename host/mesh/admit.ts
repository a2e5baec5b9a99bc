import { limits } from '../limits.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import type { Step } from './actions.ts'
import { shortfalls } from './feasible.ts'
import { isProven, needsEngine, openClaims } from './held.ts'
import { waiting, waitingEnds } from './posters.ts'
import { takesGrant } from './room.ts'
import type { MeshState } from './state.ts'

/** Why a task is not taken, and after how long it may be offered again: null where time alone changes nothing. */
export interface Denial {
  readonly code: RefusalCode
  readonly retry_after_ms: number | null
}

/** No place now; the poster may come again soon. */
export const busy: Denial = { code: 'busy', retry_after_ms: limits.busy_retry_ms }

/** Not for others now, by the owner's settings. Nobody says when that ends, so it is asked again as rarely as any. */
export const ownerPaused: Denial = { code: 'owner_paused', retry_after_ms: limits.rest_ms_max }

/** The posters of the places that are taken, one entry a place: grants that need the engine and standing reservations. */
export function places(state: MeshState, now: Millis, except: ActionHash | null): AgentKey[] {
  const held = [...state.held.values()].filter((one) => needsEngine(one) && one.task !== except)
  const reserved = openClaims(state).filter(([task, { until }]) => until > now && task !== except)
  return [...held.map((one) => one.poster), ...reserved.map(([, { poster }]) => poster)]
}

/**
 * Whether there is no place for another task of a poster. While others wait, none has more than its share of the places
 * that are open to every task, so that one of those is free sooner or later for whoever waits with a background task;
 * whoever is alone may have them all.
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

/** How many of its places a machine gives to tasks that nobody waits for as well: all but the last ones. */
function openPlaces(max: number): number {
  return max - Math.min(limits.interactive_places, max - 1)
}

/** When time alone may give a task a place: a reservation ends by itself, or another poster is not waited for any more. */
export function* placeMoments(state: MeshState): Generator<Step> {
  for (const { until } of state.claimed.values()) yield { wakeAt: until }
  for (const at of waitingEnds(state)) yield { wakeAt: at }
}

/** Tasks of a poster that this machine has something to do with, whatever is left to do. */
function openOf(state: MeshState, poster: AgentKey, except: ActionHash): number {
  const held = [...state.held.values()].filter(
    (one) => one.poster === poster && isProven(one) && !one.ended && one.task !== except,
  )
  const claimed = openClaims(state).filter(([task, claim]) => claim.poster === poster && task !== except)
  return held.length + claimed.length
}

/**
 * Why this machine does not take a task, or null when it does: the first reason, for a refusal names one. The last
 * places are kept for tasks that somebody waits for.
 */
export function admit(state: MeshState, task: EventOf<'Task'>, now: Millis): Denial | null {
  const own = state.peers.get(state.self)
  if (state.draining || !state.config.works || !own) return { code: 'draining', retry_after_ms: null }
  if (state.paused && task.author !== state.self) return ownerPaused
  const short = shortfalls(task.entry, own.card)[0]
  if (short) return { code: short, retry_after_ms: null }
  if (!takesGrant(state, task.entry.dna_hash)) return { code: 'chain_full', retry_after_ms: null }
  if (isFull(state, task.author, task.hash, now)) return busy
  if (task.entry.priority === 'interactive') return null
  const open = openPlaces(state.config.held_grants_max)
  return places(state, now, task.hash).length >= open ? busy : null
}
