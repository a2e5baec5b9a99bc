/** Plans how a poster collects results that stand-ins made while it was away. */
import { limits } from '../limits.ts'
import { backoff, doneAt, hasFailed, paced } from '../planning/pace.ts'
import type { Millis } from '../types/events.ts'
import type { Step } from './actions.ts'
import { fetchResult } from './fetch-result.ts'
import type { Posted, ResultSeen } from './posted.ts'
import { hopeEnd, resultsOfStandIns } from './results.ts'
import { stoodInUntil, wasOff } from './stand-ins.ts'
import type { MeshState } from './state.ts'

/** Fetches each result of a stand-in, and checks it once its worker has sent the salt and key that open it. */
export function* verifyStandIns(state: MeshState, posted: Posted, now: Millis): Generator<Step> {
  for (const seen of resultsOfStandIns(posted)) {
    yield* fetchResult(state, posted, seen, now)
    yield* verify(state, posted, seen, now)
  }
}

function* verify(state: MeshState, posted: Posted, seen: ResultSeen, now: Millis): Generator<Step> {
  const task = posted.task.hash
  const gap = backoff(state.config)
  const { authority, event, salt, verdict } = seen
  if (event && salt && !verdict)
    yield* paced(state, now, task, `check/${authority}`, gap, { type: 'check', task, authority })
}

/** Looks for work of stand-ins on a task without a standing grant. Returns whether the task is left to them for now. */
export function* isStoodInFor(state: MeshState, posted: Posted, now: Millis): Generator<Step, boolean> {
  const { hash, entry } = posted.task
  if (!entry.fallback) return false
  const looked = hasLookedSince(state, posted, posted.knownAt)
  const again = hasFailed(state, hash, 'look') ? backoff(state.config) : () => (looked ? entry.lease_ms : 0)
  yield* paced(state, now, hash, 'look', again, { type: 'look', task: hash, named: null })
  if (!looked) return true
  const until = leftUntil(state, posted)
  if (until > now) yield { wakeAt: until }
  return until > now
}

/** Whether the DHT has answered a look that began at that time or later. A failed look does not count. */
export function hasLookedSince(state: MeshState, posted: Posted, at: Millis): boolean {
  return (doneAt(state, posted.task.hash, 'look') ?? 0) >= at
}

/**
 * Returns until when this machine leaves a task to stand-ins: running ones, finished ones, and possible ones while it was
 * off. Returns 0 if the task allows none.
 */
export function leftUntil({ config }: MeshState, posted: Posted): Millis {
  if (!posted.task.entry.fallback) return 0
  const word = wasOff(posted) ? posted.knownAt + limits.stand_in_word_ms : 0
  return Math.max(word, stoodInUntil(posted), hopeEnd(posted, config.peer_away_ms))
}
