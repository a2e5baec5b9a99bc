import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { MeshState } from './state.ts'

/** What a worker keeps of each poster that asks it, to be fair among them. */
export interface PosterNote {
  /** Offers that it may still make at once; they come back with time. */
  readonly tokens: number
  /** When the tokens were counted. */
  readonly at: Millis
  /** When it was last turned away because no place was open to its task; null when it never was, or has got one since. */
  readonly turnedAwayAt: Millis | null
}

/** Offers that a poster may make now: they come back evenly, up to a burst (a token bucket). */
export function tokensOf(state: MeshState, poster: AgentKey, now: Millis): number {
  const note = state.posters.get(poster)
  if (!note) return limits.offers_burst
  const since = Math.max(0, now - note.at)
  return Math.min(limits.offers_burst, note.tokens + (since * limits.offers_per_second) / 1_000)
}

/** The state after an offer of a poster is being looked into. */
export function takeToken(state: MeshState, poster: AgentKey, now: Millis): MeshState {
  return note(state, poster, now, { tokens: tokensOf(state, poster, now) - 1 })
}

/** The state after a poster was turned away for want of a place, or (null) got one. */
export function noteTurnedAway(
  state: MeshState,
  poster: AgentKey,
  now: Millis,
  at: Millis | null,
): MeshState {
  if (at === null && !state.posters.get(poster)?.turnedAwayAt) return state
  return note(state, poster, now, { tokens: tokensOf(state, poster, now), turnedAwayAt: at })
}

/** Keeps the latest of a bounded number: anybody may call itself a poster. */
function note(state: MeshState, poster: AgentKey, at: Millis, change: Partial<PosterNote>): MeshState {
  const before = state.posters.get(poster)
  const posters = new Map(state.posters)
  posters.delete(poster)
  posters.set(poster, { tokens: 0, turnedAwayAt: before?.turnedAwayAt ?? null, ...change, at })
  const [oldest] = posters.keys()
  if (posters.size > limits.posters_noted_max && oldest !== undefined) posters.delete(oldest)
  return { ...state, posters }
}

/** When those that were turned away count as waiting no more. */
export function waitingEnds(state: MeshState): Millis[] {
  return [...state.posters.values()].flatMap(({ turnedAwayAt }) =>
    turnedAwayAt === null ? [] : [turnedAwayAt + limits.turned_away_ms],
  )
}

/** Posters that wait for a place here: those whose offers are being looked into, and those turned away a moment ago. */
export function waiting(state: MeshState, now: Millis): ReadonlySet<AgentKey> {
  const turnedAway = [...state.posters].filter(
    ([, { turnedAwayAt }]) => turnedAwayAt !== null && now - turnedAwayAt < limits.turned_away_ms,
  )
  const asking = [...state.asked.values()].map(({ poster }) => poster)
  return new Set([...asking, ...turnedAway.map(([poster]) => poster)])
}
