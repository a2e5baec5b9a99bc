import { FALLBACK_AGENTS_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import { mayStandIn } from './standby.ts'
import { type Posted, withKey } from './state.ts'

/**
 * The task after a peer has said that it runs it under a FallbackClaim. It is waited for as long as one run may take,
 * however often it speaks.
 */
export function stoodIn(posted: Posted, from: AgentKey, at: Millis): Posted {
  const known = posted.standIns.has(from) || posted.standIns.size < FALLBACK_AGENTS_MAX
  if (!mayStandIn(posted.task, from) || !known) return posted
  const { lease_ms, deadlines_ms } = posted.task.entry
  const since = posted.standIns.get(from)?.since ?? at
  const until = Math.min(at + lease_ms, since + deadlines_ms.run + lease_ms)
  return { ...posted, standIns: withKey(posted.standIns, from, { since, until }) }
}

/** Until when peers that run a task under FallbackClaims are waited for; 0 without any. */
export function stoodInUntil(posted: Posted): Millis {
  return Math.max(0, ...[...posted.standIns.values()].map(({ until }) => until))
}
