import type { ActionHash, EventOf, Millis } from '../types/events.ts'
import type { RefusalCode } from '../types/message.ts'
import { shortfalls } from './feasible.ts'
import { type MeshState, needsEngine } from './state.ts'

/** Grants that need the engine and reservations that stand, one task left out. */
export function load(state: MeshState, now: Millis, except: ActionHash | null): number {
  const held = [...state.held.values()].filter((one) => needsEngine(one) && one.task !== except).length
  const reserved = [...state.claimed].filter(([task, { until }]) => until > now && task !== except).length
  return held + reserved
}

/** Why this machine does not take a task, or null when it does: the first reason, for the refusal names one. */
export function admit(state: MeshState, task: EventOf<'Task'>, now: Millis): RefusalCode | null {
  if (state.draining || !state.config.works) return 'draining'
  const own = state.peers.get(state.self)
  if (!own) return 'draining'
  const short = shortfalls(task.entry, own.card)[0]
  if (short) return short
  return load(state, now, task.hash) >= state.config.held_grants_max ? 'busy' : null
}
