/** Keeps notes about posters, so that a worker treats them fairly. */
import { limits } from '../../limits.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { MeshState } from './state.ts'

/** A worker's note about a poster that asks it, used to be fair among posters. */
export interface PosterNote {
  /** Offers that it may still make at once; the number grows back with time. */
  readonly tokens: number
  /** Time at which the tokens were counted. */
  readonly at: Millis
  /** Time of its last refusal for lack of an open place; null if it was never refused, or has got a place since. */
  readonly turnedAwayAt: Millis | null
}

/** Returns the number of offers that a poster may make now. They come back evenly, up to a burst (a token bucket). */
export function tokensOf(state: MeshState, poster: AgentKey, now: Millis): number {
  const note = state.posters.get(poster)
  if (!note) return limits.offers_burst
  const since = Math.max(0, now - note.at)
  return Math.min(limits.offers_burst, note.tokens + (since * limits.offers_per_second) / 1_000)
}

/** Returns the state after an offer of a poster is examined. */
export function takeToken(state: MeshState, poster: AgentKey, now: Millis): MeshState {
  return note(state, poster, now, { tokens: tokensOf(state, poster, now) - 1 })
}

/** Returns the state after a poster was refused for lack of a place, or (null) got one. */
export function noteTurnedAway(
  state: MeshState,
  poster: AgentKey,
  now: Millis,
  at: Millis | null,
): MeshState {
  if (at === null && !state.posters.get(poster)?.turnedAwayAt) return state
  return note(state, poster, now, { tokens: tokensOf(state, poster, now), turnedAwayAt: at })
}

/** Keeps the latest notes, up to a bound: any peer may act as a poster. */
function note(state: MeshState, poster: AgentKey, at: Millis, change: Partial<PosterNote>): MeshState {
  const before = state.posters.get(poster)
  const posters = new Map(state.posters)
  posters.delete(poster)
  posters.set(poster, { tokens: 0, turnedAwayAt: before?.turnedAwayAt ?? null, ...change, at })
  const [oldest] = posters.keys()
  if (posters.size > limits.posters_noted_max && oldest !== undefined) posters.delete(oldest)
  return { ...state, posters }
}

/** Returns the times at which refused posters no longer count as waiting. */
export function waitingEnds(state: MeshState): Millis[] {
  return [...state.posters.values()].flatMap(({ turnedAwayAt }) =>
    turnedAwayAt === null ? [] : [turnedAwayAt + limits.turned_away_ms],
  )
}

/**
 * Returns the posters that wait for a place here: those whose offers are being examined, and those refused a moment ago.
 */
export function waiting(state: MeshState, now: Millis): ReadonlySet<AgentKey> {
  const turnedAway = [...state.posters].filter(
    ([, { turnedAwayAt }]) => turnedAwayAt !== null && now - turnedAwayAt < limits.turned_away_ms,
  )
  const asking = [...state.asked.values()].map(({ poster }) => poster)
  return new Set([...asking, ...turnedAway.map(([poster]) => poster)])
}
