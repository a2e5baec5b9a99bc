import { FALLBACK_AGENTS_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { AgentKey, EventOf, Millis } from '../types/events.ts'
import { missedWords, type Posted, type Runner } from './posted.ts'
import { hopeEnd } from './results.ts'
import { mayStandIn } from './standby.ts'
import { withKey } from './state.ts'

/**
 * Those that say they run a task, after one of them has said so (again): each is believed for a lease at a time, and for
 * so many milliseconds and a lease in all, however often it speaks.
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

/** The task after a peer has said that it runs it under a FallbackClaim; it is waited for as long as one run may take. */
export function stoodIn(posted: Posted, from: AgentKey, at: Millis): Posted {
  if (!mayStandIn(posted.task, from)) return posted
  return {
    ...posted,
    standIns: withRunner(posted.standIns, posted.task, from, at, posted.task.entry.deadlines_ms.run),
  }
}

/** Until when peers that run a task under FallbackClaims are waited for; 0 without any. */
export function stoodInUntil(posted: Posted): Millis {
  return Math.max(0, ...[...posted.standIns.values()].map(({ until }) => until))
}

/** Whether others may have gone on with a task while this machine was off: it is known here since they might claim it. */
export function wasOff({ task, knownAt }: Posted): boolean {
  const { created_at, fallback } = task.entry
  return fallback !== null && knownAt >= created_at + fallback.after_ms
}

/**
 * Until when a machine that was away waits to hear of what was done meanwhile: for as long as peers may take to notice that it
 * is back. 0 where it has missed nothing.
 */
export function heardBy(posted: Posted, awayMs: number): Millis {
  return wasOff(posted) || missedWords(posted) ? posted.knownAt + awayMs : 0
}

/** Until when stand-ins are waited for: those that run a task, and those that have yet to send what opens their results. */
export function standInsEnd(posted: Posted, awayMs: number): Millis {
  return posted.task.entry.fallback ? Math.max(stoodInUntil(posted), hopeEnd(posted, awayMs)) : 0
}
