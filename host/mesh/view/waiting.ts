/** Finds what an open task waits for. */
import type { AgentKey, Millis } from '../../types/events.ts'
import { endOf, expiryOf } from '../poster/closing.ts'
import { type Due, lossOf, nextDue } from '../poster/phases.ts'
import { readiness } from '../poster/readiness.ts'
import { hopeEnd } from '../poster/results.ts'
import { type Move, moveOf } from '../poster/round.ts'
import { leftUntil } from '../poster/stand-ins.ts'
import { currentGrant, isSpent, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'

/** The obstacle that an open task waits for, checked in the order of planning. */
export interface Waiting {
  /**
   * - `tasks`: tasks that it depends on.
   * - `close`: it has come to its end, and the Close is being written.
   * - `worker`: its grantee, until a deadline of its phase passes.
   * - `check`: the check of a result, or its way over the DHT.
   * - `stand_in`: peers that run it, or may have run it while this machine was off.
   * - The rest are steps toward a worker, as `Move` says.
   */
  readonly on: 'tasks' | 'close' | 'worker' | 'check' | 'stand_in' | Exclude<Move['on'], 'offer'>
  /** The peer that it waits for; null if it waits for no peer. */
  readonly agent: AgentKey | null
  /** Time at which the wait ends if nothing happens; null if time alone changes nothing. */
  readonly until: Millis | null
  /** The deadline of the current attempt that passes then; null if no attempt stands. */
  readonly due: Due | null
}

/** Returns the obstacle that a task waits for; null if it is closed. */
export function waitingOf(state: MeshState, posted: Posted, now: Millis): Waiting | null {
  if (posted.close) return null
  const ready = readiness(posted)
  const loss = lossOf(state, posted, now)
  const worker = currentGrant(posted)?.entry.worker ?? null
  const end = endOf(state, posted, ready, loss !== null || worker === null, now)
  if (end.at <= now) return on('close')
  if (ready.type !== 'ready') return on('tasks')
  const due = loss ? null : nextDue(state, posted, now)
  if (due) {
    const delivered = due.phase === 'delivered' || due.phase === 'checked'
    return { on: delivered ? 'check' : 'worker', agent: worker, until: due.at, due }
  }
  const standIns = leftUntil(state, posted)
  if (standIns > now) return on('stand_in', null, standIns)
  if (isSpent(posted) || now >= expiryOf(posted, ready)) {
    const hope = hopeEnd(posted, state.config.peer_away_ms)
    return hope > now ? on('check', worker, hope) : on('stand_in', null, end.at)
  }
  const move = moveOf(state, posted, loss, now)
  return on(move.on === 'offer' ? 'answer' : move.on, move.agent, move.until)
}

function on(what: Waiting['on'], agent: AgentKey | null = null, until: Millis | null = null): Waiting {
  return { on: what, agent, until, due: null }
}
