/** Predicts which peers a task would be offered to. */
import type { AgentKey, Millis } from '../../types/events.ts'
import type { RefusalCode } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { available } from '../state/allocated.ts'
import { feasible } from '../state/feasible.ts'
import { lacks } from '../state/lacks.ts'
import type { MeshState } from '../state/state.ts'
import { isOneOfMany, vantageOf } from './candidates.ts'
import { backoffUntil } from './peer-backoff.ts'
import { compareKeys, type Ranked, rank, rankKey } from './rank.ts'
import { type Shortage, shortages } from './shortages.ts'
import { scoreOf } from './strategies.ts'
import { traitsOf, traitsText, type Vantage } from './traits.ts'

/** A peer, and whether it could run a task. */
export interface PeerFit {
  readonly agent: AgentKey
  readonly name: string
  readonly self: boolean
  /** The reasons why it cannot run the task, by its card and history. */
  readonly refusals: readonly RefusalCode[]
  /** Its traits for the task, or its lacks, as text for people. */
  readonly reason: string
}

/** A peer's expected place in the order of offers. */
export interface PeerForecast extends PeerFit {
  /** Its place from 0, or null if it cannot run the task. Equals share a place; the task's hash decides their order. */
  readonly rank: number | null
  /** The end of its rest after it said that it has no place; null if it may be asked. */
  readonly busy_until: Millis | null
}

/** The expected order of offers for a task that is posted now. */
export interface Forecast {
  /** Peers that could be asked first; empty if no peer can be asked now. */
  readonly first: readonly AgentKey[]
  /** All known peers: best first, then the peers that cannot run the task now. */
  readonly peers: readonly PeerForecast[]
  /** The shortages that keep every known machine from ever running it; empty if one can run it. */
  readonly missing: readonly Shortage[]
}

/** Predicts the order of offers for a task, and says for each known peer why it would or would not be asked. */
export function forecast(state: MeshState, entry: Ranked['entry'], now: Millis): Forecast {
  const task: Ranked = { hash: '', entry }
  const vantage = vantageOf(state, null)
  const peers = [...state.peers.values()]
  const seen = (peer: Peer) => available(state, peer, state.self)
  const refusals = new Map(
    peers.map((peer) => [
      peer.agent,
      feasible(entry, seen(peer), state.self, now, state.config.peer_away_ms),
    ]),
  )
  const order = orderOf(state, task, vantage, (peer) => refusals.get(peer.agent)?.length === 0)
  const ranks = new Map<Peer, number>()
  order.forEach((peer, place) => {
    const before = order[place - 1]
    const itself = isOneOfMany(state, entry)
    const shares = before && (itself || (before.agent !== state.self && peer.agent !== state.self))
    const equal = shares && compareKeys(rankKey(task, before, vantage), rankKey(task, peer, vantage)) === 0
    ranks.set(peer, equal ? (ranks.get(before) ?? place) : place)
  })
  return {
    first: firstOf(state, entry, order, ranks, now),
    peers: [...order, ...peers.filter((peer) => !ranks.has(peer))].map((peer) => ({
      agent: peer.agent,
      name: peer.card.agent_name,
      self: peer.agent === state.self,
      rank: ranks.get(peer) ?? null,
      refusals: refusals.get(peer.agent) ?? [],
      reason: reasonOf(entry, seen(peer), vantage),
      busy_until: backoffUntil(state, peer.agent, now),
    })),
    missing: shortages(entry, workers(state)),
  }
}

/** Returns the best peers that are not busy; this machine counts like any other, or only if no other can run the task. */
function firstOf(
  state: MeshState,
  entry: Ranked['entry'],
  order: readonly Peer[],
  ranks: ReadonlyMap<Peer, number>,
  now: Millis,
): AgentKey[] {
  const others = order.filter(({ agent }) => agent !== state.self || isOneOfMany(state, entry))
  const askable = (others.length > 0 ? others : order).filter(
    ({ agent }) => backoffUntil(state, agent, now) === null,
  )
  const best = askable[0] && ranks.get(askable[0])
  return askable.filter((peer) => ranks.get(peer) === best).map(({ agent }) => agent)
}

/** Returns the machines that may run an own task; this one only if it may give its tasks to itself. */
export function workers(state: MeshState): Peer[] {
  const itself = state.config.self === 'last' && state.config.works
  return [...state.peers.values()].filter((peer) => itself || peer.agent !== state.self)
}

/** Describes for people a peer's traits for a task, or its lacks. */
export function reasonOf(entry: Ranked['entry'], peer: Peer, vantage: Vantage): string {
  const lacking = lacks(entry, peer.card)
  if (lacking.length > 0) return lacking.map(({ needs, has }) => `needs ${needs}, has ${has}`).join('; ')
  const { prefer, strategy } = entry.placement
  const traits = traitsOf(entry, peer, vantage)
  const score = strategy === 'weighted_score' ? `score ${scoreOf(traits, prefer)}: ` : ''
  return score + traitsText(traits)
}

/** Returns the able peers in the order in which they would be offered the task. */
export function orderOf(
  state: MeshState,
  task: Ranked,
  vantage: Vantage,
  able: (peer: Peer) => boolean,
): readonly Peer[] {
  const all = workers(state).filter(able)
  if (isOneOfMany(state, task.entry)) return rank(task, all, vantage)
  const others = all.filter((peer) => peer.agent !== state.self)
  return [...rank(task, others, vantage), ...all.filter((peer) => peer.agent === state.self)]
}
