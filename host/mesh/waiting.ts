/** Finds what an open task waits for. */
import type { AgentKey, Millis } from '../types/events.ts'
import { regrantFrom } from './brake.ts'
import { aloneFrom, candidates, refusalsOf } from './candidates.ts'
import { expiresAt, expiryOf, failsAt } from './closing.ts'
import { askedLast } from './elsewhere.ts'
import { leaseEnd, lossOf } from './lease.ts'
import { leftUntil } from './plan-stood-in.ts'
import { currentGrant, isSpent, type Posted } from './posted.ts'
import { type Readiness, readiness } from './readiness.ts'
import { acceptable, currentResult, hopeEnd } from './results.ts'
import { nextRoundAt, offerableAt, takerOf, unaskedOf } from './round.ts'
import type { MeshState } from './state.ts'

/** The obstacle that an open task waits for, checked in the order of planning. */
export interface Waiting {
  /**
   * - `tasks`: tasks that it depends on.
   * - `close`: it has come to its end, and the Close is being written.
   * - `worker`: its grantee, until the lease runs out, unless it is renewed.
   * - `check`: the check of a result, or its way over the DHT.
   * - `stand_in`: peers that run it, or may have run it while this machine was off.
   * - `brake`: this machine seems cut off, and its tasks are granted again one by one.
   * - `grant`: a peer has claimed it, and the Grant is being written.
   * - `answer`: a peer is asked.
   * - `busy`: all peers left to ask have no place, or have just lost it and may have to recover.
   * - `round`: all peers were asked, and will be asked again.
   * - `others`: only this machine can run it, and gives another one time to appear.
   * - `nobody`: no peer can be asked now.
   */
  readonly on:
    | 'tasks'
    | 'close'
    | 'worker'
    | 'check'
    | 'stand_in'
    | 'brake'
    | 'grant'
    | 'answer'
    | 'busy'
    | 'round'
    | 'others'
    | 'nobody'
  /** The peer that it waits for; null if it waits for no peer. */
  readonly agent: AgentKey | null
  /** Time at which the wait ends if nothing happens; null if time alone changes nothing. */
  readonly until: Millis | null
}

/** Returns the obstacle that a task waits for; null if it is closed. */
export function waitingOf(state: MeshState, posted: Posted, now: Millis): Waiting | null {
  if (posted.close) return null
  if (posted.cancelWanted || acceptable(posted)) return on('close')
  const ready = readiness(state, posted)
  if (ready.type !== 'ready') return on(ready.type === 'never' ? 'close' : 'tasks')
  const grant = currentGrant(posted)
  const loss = lossOf(state, posted, now)
  if (grant && !loss)
    return on(currentResult(posted) ? 'check' : 'worker', grant.entry.worker, leaseEnd(state, posted, now))
  const standIns = leftUntil(state, posted)
  if (standIns > now) return on('stand_in', null, standIns)
  if (isSpent(posted) || now >= expiryOf(posted, ready)) return waitingForEnd(state, posted, ready, now)
  const braked = regrantFrom(state, posted, loss ?? 'none', now)
  return braked > now ? on('brake', null, braked) : waitingForTaker(state, posted, now)
}

/** Returns the obstacle of a task that is no longer granted. */
function waitingForEnd(state: MeshState, posted: Posted, ready: Readiness, now: Millis): Waiting {
  const { peer_away_ms } = state.config
  const hope = hopeEnd(posted, peer_away_ms)
  if (hope > now) return on('check', currentGrant(posted)?.entry.worker, hope)
  const end =
    now < expiryOf(posted, ready) ? failsAt(posted, peer_away_ms) : expiresAt(posted, ready, peer_away_ms)
  return end > now ? on('stand_in', null, end) : on('close')
}

function waitingForTaker(state: MeshState, posted: Posted, now: Millis): Waiting {
  const { config } = state
  const able = candidates(state, posted, now)
  if (able.length === 0) return waitingForAnybody(state, posted, now)
  const taker = takerOf(state, posted, able, now)
  if (taker) return on('grant', taker.agent)
  const asked = askedLast(posted, now, config)
  if (asked) return on('answer', asked.agent, asked.until)
  const unasked = unaskedOf(posted, able)
  const offerable = (agent: AgentKey) => offerableAt(state, posted, able, agent, now)
  const next = unasked.find(({ agent }) => offerable(agent) <= now)
  if (next) return on('answer', next.agent)
  const until = Math.min(nextRoundAt(state, posted, able), ...unasked.map(({ agent }) => offerable(agent)))
  const busy = able.every(({ agent }) => posted.refusals.get(agent)?.again || offerable(agent) > now)
  return on(busy ? 'busy' : 'round', null, until)
}

function waitingForAnybody(state: MeshState, posted: Posted, now: Millis): Waiting {
  const { self, works } = state.config
  const itself = self === 'last' && works ? state.peers.get(state.self) : undefined
  const able = itself && refusalsOf(state, posted, itself, now).length === 0
  return able ? on('others', null, aloneFrom(state, posted)) : on('nobody')
}

function on(what: Waiting['on'], agent: AgentKey | null = null, until: Millis | null = null): Waiting {
  return { on: what, agent, until }
}
