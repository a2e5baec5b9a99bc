/** Decides which peer is offered or granted a task next, and when. */
import { limits } from '../../limits.ts'
import { isRunning } from '../../planning/effect-retry.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { aloneFrom, candidates, refusalsOf } from '../placement/candidates.ts'
import { askableAt } from '../placement/peer-backoff.ts'
import { currentGrant, type Posted, supersededAt } from '../state/posted.ts'
import type { MeshConfig, MeshState } from '../state/state.ts'
import { regrantFrom } from './brake.ts'
import { type Loss, lossOf } from './phases.ts'

const never = Number.NEGATIVE_INFINITY

/** The next step of a task that needs a worker. */
export interface Move {
  /**
   * - `brake`: this machine seems cut off, and its tasks are granted again one by one.
   * - `grant`: a peer has claimed the task, and gets it.
   * - `answer`: a peer is being asked, or was asked.
   * - `offer`: a peer is to be asked.
   * - `busy`: all peers left to ask have no place, or have just lost the task and may have to recover.
   * - `round`: all peers were asked, and will be asked again.
   * - `others`: only this machine can run the task, and gives another one time to appear.
   * - `nobody`: no peer can be asked now.
   */
  readonly on: 'brake' | 'grant' | 'answer' | 'offer' | 'busy' | 'round' | 'others' | 'nobody'
  /** The peer that it concerns; null if it concerns no peer. */
  readonly agent: AgentKey | null
  /** Time at which another step follows if nothing happens; null if time alone changes nothing. */
  readonly until: Millis | null
  /** The peers that can be given the task now, best first. */
  readonly able: readonly Peer[]
}

/** Returns the next step of a task whose current attempt, if any, was lost. */
export function moveOf(state: MeshState, posted: Posted, loss: Loss | null, now: Millis): Move {
  const from = regrantFrom(state, posted, loss, now)
  if (now < from) return { on: 'brake', agent: null, until: from, able: [] }
  const able = candidates(state, posted, now)
  if (able.length === 0) return moveAlone(state, posted, now)
  const taker = takerOf(state, posted, able, now)
  if (taker) return { on: 'grant', ...taker, able }
  const asked = askedLast(posted, now, state.config)
  if (asked) return { on: 'answer', ...asked, able }
  const offerable = (agent: AgentKey) => offerableAt(state, posted, able, agent, now)
  const unasked = able.filter(({ agent }) => !posted.offers.has(agent))
  const sending = unasked.find(({ agent }) => isRunning(state, posted.task.hash, `offer/${agent}`))
  if (sending) return { on: 'answer', agent: sending.agent, until: null, able }
  const next = unasked.find(({ agent }) => offerable(agent) <= now)
  if (next) return { on: 'offer', agent: next.agent, until: null, able }
  const busy = able.every(({ agent }) => posted.refusals.get(agent)?.again || offerable(agent) > now)
  const until = Math.min(nextRoundAt(state, posted, able), ...unasked.map(({ agent }) => offerable(agent)))
  return { on: busy ? 'busy' : 'round', agent: null, until, able }
}

function moveAlone(state: MeshState, posted: Posted, now: Millis): Move {
  const { self, works } = state.config
  const itself = self === 'last' && works ? state.peers.get(state.self) : undefined
  const able = itself && refusalsOf(state, posted, itself, now).length === 0
  const until = able ? aloneFrom(state, posted) : null
  return { on: able ? 'others' : 'nobody', agent: null, until, able: [] }
}

/** Returns the best peer that claimed the task recently enough to be granted it and is not skipped; null without one. */
function takerOf(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  now: Millis,
): { readonly agent: AgentKey; readonly until: Millis } | null {
  for (const { agent } of able) {
    const until = (posted.claims.get(agent) ?? never) + 2 * state.config.offer_wait_ms
    if (now < until && leftOutUntil(state, posted, able, agent, now) <= now) return { agent, until }
  }
  return null
}

/** Returns the peer that was asked last and the end of the wait for its answer; null while no answer is awaited. */
function askedLast(
  posted: Posted,
  now: Millis,
  { offer_wait_ms }: MeshConfig,
): { readonly agent: AgentKey; readonly until: Millis } | null {
  const last = Math.max(never, ...posted.offers.values())
  const until = last + offer_wait_ms
  const waiting = [...posted.offers].find(([to, at]) => at === last && !posted.refusals.has(to))
  return waiting && now < until ? { agent: waiting[0], until } : null
}

/** Returns when all peers are asked again: after a pause, and as soon as a busy peer has rested. */
function nextRoundAt(state: MeshState, posted: Posted, able: readonly Peer[]): Millis {
  const busy = able.filter(({ agent }) => posted.refusals.get(agent)?.again)
  const rested = busy.map(({ agent }) => askableAt(state, posted, agent))
  return Math.min(posted.roundAt + state.config.offer_again_ms, ...rested)
}

/** Returns when the task may be offered to one of the candidates. */
export function offerableAt(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  return Math.max(askableAt(state, posted, agent), leftOutUntil(state, posted, able, agent, now))
}

/**
 * Returns until when a candidate is skipped after losing the task. It is skipped only while another candidate may still
 * accept: it would use up the attempts before that one has room. If no other may, it is asked again as if it had not lost
 * the task.
 */
export function leftOutUntil(
  state: MeshState,
  posted: Posted,
  able: readonly Peer[],
  agent: AgentKey,
  now: Millis,
): Millis {
  const until = sparedUntil(state, posted, agent, now)
  const has = hasItUntil(posted, agent)
  if (until <= now || has > now) return Math.max(until, has)
  const { offers, refusals } = posted
  const asked = askedLast(posted, now, state.config)?.agent
  const mayAccept = (other: AgentKey) =>
    !offers.has(other) || refusals.get(other)?.again === true || asked === other
  const others = able.filter((other) => sparedUntil(state, posted, other.agent, now) <= now)
  return others.some((other) => mayAccept(other.agent)) ? until : never
}

/** Returns until when a worker that lost the task, for any reason, is skipped if another one may take it. */
function sparedUntil(state: MeshState, posted: Posted, agent: AgentKey, now: Millis): Millis {
  const loss = currentGrant(posted)?.entry.worker === agent ? lossOf(state, posted, now) : null
  return Math.max(loss?.since ?? never, supersededAt(posted, agent)) + limits.failed_worker_ms
}

/**
 * Returns until when a worker that has not begun keeps the task. It is lost only to let another worker try, and a new
 * grant would interrupt the model load.
 */
function hasItUntil(posted: Posted, agent: AgentKey): Millis {
  const { lease } = posted
  const goesOn = lease?.startedAt === null && !posted.results.has(lease.grant) && !lease.released
  return goesOn && currentGrant(posted)?.entry.worker === agent ? lease.until : never
}

/**
 * Whether another peer has the task, so that a claim of this peer is useless. Either a Grant is being written for an earlier
 * claim, or another worker's grant stands. A grant whose Result was rejected is lost, even if its worker renews the lease.
 */
export function isTaken(state: MeshState, posted: Posted, by: AgentKey, now: Millis): boolean {
  if (isRunning(state, posted.task.hash, 'commit') && !posted.claims.has(by)) return true
  return currentGrant(posted)?.entry.worker !== by && stands(state, posted, now)
}

/** Whether a worker has the task and has not lost it. */
export function stands(state: MeshState, posted: Posted, now: Millis): boolean {
  return posted.lease !== null && lossOf(state, posted, now) === null
}
