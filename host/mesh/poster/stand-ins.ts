/** Tracks the peers that run a task while its poster is away. */
import { FALLBACK_AGENTS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { limits } from '../../limits.ts'
import type { AgentKey, EventOf, Millis } from '../../types/events.ts'
import { mayStandIn } from '../placement/standby.ts'
import { missedWords, type Posted, type Runner } from '../state/posted.ts'
import { type MeshState, withKey } from '../state/state.ts'
import { hasLookedSince } from './fetch-result.ts'
import { hopeEnd } from './results.ts'

/**
 * Returns the peers that say they run a task, with one more message counted. Each is believed for a lease at a time. In
 * all it is believed for `longest` milliseconds plus a lease, however often it speaks.
 */
export function withRunner(
  runners: ReadonlyMap<AgentKey, Runner>,
  { entry: { lease_ms } }: EventOf<'Task'>,
  from: AgentKey,
  at: Millis,
  longest: Millis,
): ReadonlyMap<AgentKey, Runner> {
  const known = runners.get(from)
  if (!known && runners.size >= FALLBACK_AGENTS_MAX) return runners
  const since = known?.since ?? at
  const until = Math.min(at + lease_ms, since + longest + lease_ms)
  return withKey(runners, from, { since, until })
}

/**
 * Returns the task after a peer has said that it runs it under a FallbackClaim. The poster waits for it as long as one
 * run may take.
 */
export function stoodIn(posted: Posted, from: AgentKey, at: Millis): Posted {
  if (!mayStandIn(posted.task, from)) return posted
  return {
    ...posted,
    standIns: withRunner(posted.standIns, posted.task, from, at, posted.task.entry.deadlines_ms.run),
  }
}

/** Returns until when the poster waits for peers that run a task under FallbackClaims; 0 without any. */
export function stoodInUntil(posted: Posted): Millis {
  return Math.max(0, ...[...posted.standIns.values()].map(({ until }) => until))
}

/**
 * Whether stand-ins may have continued a task while this machine was off: it was away past the time from which they may
 * claim it.
 */
export function wasOff({ task, knownAt }: Posted): boolean {
  const { created_at, fallback } = task.entry
  return fallback !== null && knownAt >= created_at + fallback.after_ms
}

/**
 * Returns until when results of finished work may still come, before the task is closed without one. A machine that was
 * away waits as long as its peers may take to notice that it is back.
 */
export function collectsUntil(posted: Posted, awayMs: number): Millis {
  const heardBy = wasOff(posted) || missedWords(posted) ? posted.knownAt + awayMs : 0
  return Math.max(heardBy, hopeEnd(posted, awayMs))
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

/** Whether this machine leaves a task to stand-ins: until it has looked for their work, and while they may finish it. */
export function isLeftToStandIns(state: MeshState, posted: Posted, now: Millis): boolean {
  if (!posted.task.entry.fallback) return false
  return !hasLookedSince(state, posted, posted.knownAt) || now < leftUntil(state, posted)
}
