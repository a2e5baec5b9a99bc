import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import { tie } from './rank.ts'
import { type MeshState, type Posted, withKey, withoutKey } from './state.ts'

/** The state after a peer's word on whether it has room: a busy one is let rest as long as it asks, within bounds. */
export function heardRoom(state: MeshState, from: AgentKey, message: Message, at: Millis): MeshState {
  if (!state.peers.has(from)) return state
  if (message.type === 'claim')
    return state.resting.has(from) ? { ...state, resting: withoutKey(state.resting, from) } : state
  if (message.type !== 'refuse' || message.retry_after_ms === null) return state
  const ms = Math.min(limits.rest_ms_max, Math.max(limits.busy_retry_ms, message.retry_after_ms))
  return { ...state, resting: withKey(state.resting, from, at + ms) }
}

/**
 * When a task may be offered to a peer: after its rest. Tasks that waited for it do not come all at once then; each has
 * its own moment in a spread, a short one for those that somebody waits for.
 */
export function askableAt(state: MeshState, { task }: Posted, agent: AgentKey): Millis {
  const until = state.resting.get(agent)
  if (until === undefined) return Number.NEGATIVE_INFINITY
  return until + (tie(task.hash, agent) % limits.rest_spread_ms[task.entry.priority])
}
