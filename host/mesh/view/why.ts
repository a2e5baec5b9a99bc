/** Explains why a task stands where it stands, with each peer's place in the ranking. */
import type { ActionHash, AgentKey, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { candidates, refusalsOf, vantageOf } from '../placement/candidates.ts'
import { orderOf, type PeerFit, reasonOf } from '../placement/forecast.ts'
import type { Vantage } from '../placement/traits.ts'
import { lossOf, nextDue } from '../poster/phases.ts'
import { readiness } from '../poster/readiness.ts'
import { offerableAt } from '../poster/round.ts'
import { available } from '../state/allocated.ts'
import { currentGrant, type Posted, type Refusal } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import { type AttemptView, attemptsOf } from './attempts.ts'
import { endingOf, type TaskEnd } from './ending.ts'
import { stateOf, type TaskState } from './view.ts'
import { type Waiting, waitingOf } from './waiting.ts'

/** The relation of a peer to a task. */
export interface PeerWhy extends PeerFit {
  /** Its place in the ranking, from 0; null when it cannot run the task. */
  readonly rank: number | null
  /** Time until which this task is not offered to it: it said that it has no place, or has lost the task lately. */
  readonly busy_until: Millis | null
  /**
   * Its role if it is believed to run the task, and the time until which that holds without a message; null otherwise.
   */
  readonly has: { readonly as: 'grantee' | 'stand_in'; readonly until: Millis } | null
  /** Its last refusal since the daemon's start, in any round of offers; null without one, or if it has claimed since. */
  readonly answered: Pick<Refusal, 'code' | 'at' | 'policy_hash'> | null
}

/** The explanation of a task's state. */
export interface TaskWhy {
  readonly task: ActionHash
  readonly state: TaskState
  /** The obstacle that it waits for; null once it is closed. */
  readonly now: Waiting | null
  /** The reason why it ended without an accepted result. */
  readonly ended: TaskEnd | null
  readonly attempts: readonly AttemptView[]
  /** Tasks that it waits for. */
  readonly waits_for: readonly ActionHash[]
  /** All known peers; for a closed task only those whose last answer was a refusal. */
  readonly peers: readonly PeerWhy[]
}

/**
 * Returns the obstacle that a task waits for and the fate of its attempts. Each known peer comes with its place in the
 * ranking, or with what keeps it out.
 */
export function whyTask(state: MeshState, posted: Posted, now: Millis): TaskWhy {
  const ready = readiness(posted)
  const waits = ready.type !== 'ready' && !posted.close
  return {
    task: posted.task.hash,
    state: stateOf(state, posted, now),
    now: waitingOf(state, posted, now),
    attempts: attemptsOf(state, posted, now),
    ended: endingOf(state, posted),
    waits_for: waits ? ready.on : [],
    peers: posted.close ? refusersOf(state, posted) : peersOf(state, posted, now),
  }
}

/** Returns peers in the order in which they are asked, best first, then those that cannot run the task. */
function peersOf(state: MeshState, posted: Posted, now: Millis): PeerWhy[] {
  const peers = [...state.peers.values()]
  const refusals = new Map(peers.map((peer) => [peer.agent, refusalsOf(state, posted, peer, now)]))
  const vantage = vantageOf(state, posted)
  const able = candidates(state, posted, now)
  const order = orderOf(state, posted.task, vantage, (peer) => refusals.get(peer.agent)?.length === 0)
  return [...order, ...peers.filter((peer) => !order.includes(peer))].map((peer, place) => {
    const offerable = offerableAt(state, posted, able, peer.agent, now)
    const has = hasIt(state, posted, peer.agent, now)
    return {
      ...whoIs(state, posted, peer, vantage),
      rank: place < order.length ? place : null,
      refusals: refusals.get(peer.agent) ?? [],
      busy_until: !has && offerable > now ? offerable : null,
      has,
    }
  })
}

/** Returns the known peers whose last answer about a closed task was a refusal. */
export function refusersOf(state: MeshState, posted: Posted): PeerWhy[] {
  const refused = [...state.peers.values()].filter(({ agent }) => posted.lastRefusals.has(agent))
  const vantage = vantageOf(state, posted)
  return refused.map((peer) => ({
    ...whoIs(state, posted, peer, vantage),
    rank: null,
    refusals: [],
    busy_until: null,
    has: null,
  }))
}

/** Returns the facts about a peer that hold for open and closed tasks. */
function whoIs(state: MeshState, posted: Posted, peer: Peer, vantage: Vantage) {
  const said = posted.lastRefusals.get(peer.agent)
  return {
    agent: peer.agent,
    name: peer.card.agent_name,
    self: peer.agent === state.self,
    reason: reasonOf(posted.task.entry, available(state, peer, state.self), vantage),
    answered: said ? { code: said.code, at: said.at, policy_hash: said.policy_hash } : null,
  }
}

function hasIt(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): PeerWhy['has'] {
  const standIn = posted.standIns.get(agent)
  if (standIn && standIn.until > now) return { as: 'stand_in', until: standIn.until }
  if (currentGrant(posted)?.entry.worker !== agent || lossOf(state, posted, now)) return null
  const due = nextDue(state, posted, now)
  return due && { as: 'grantee', until: due.at }
}
