/** Paces deeds: names their owners, and keeps the pauses between tries. */
import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import type { Action, Deed, Step } from './actions.ts'
import type { MeshConfig, MeshState } from './state.ts'

/** The owner of deeds about a peer's offer of a task. It differs from the owner of the poster's deeds about that task. */
export function offerOwner(task: ActionHash, poster: AgentKey): string {
  return `asked/${task}/${poster}`
}

/** The owner of deeds about a peer. */
export function peerOwner(agent: AgentKey): string {
  return `peer/${agent}`
}

/** The owner of deeds about all tasks that this machine may stand by for. */
export const listingOwner = 'listing/'

/** The owner of deeds about a task that this machine stands by for. */
export function standbyOwner(task: ActionHash): string {
  return `standby/${task}`
}

/** Yields the deed if it is due, else the time at which it will be due. Yields nothing while it is running. */
export function* paced(
  state: MeshState,
  now: Millis,
  owner: string,
  verb: string,
  gap: (tries: number) => number,
  deed: Deed,
): Generator<Step> {
  const last = state.pace.get(owner)?.get(verb)
  if (last?.running) return
  const at = last ? last.at + gap(last.tries) : now
  if (at > now) yield { wakeAt: at }
  else yield { ...deed, owner, verb, tries: (last?.tries ?? 0) + 1 } satisfies Action
}

/** Returns a pause that doubles with each try, between the configured bounds. */
export function backoff(config: MeshConfig): (tries: number) => number {
  const { min, max } = config.retry_ms
  return (tries) => Math.min(max, min * 2 ** Math.min(tries - 1, 30))
}

/** The number of tries at the shortest pause, while conductors bring a peer's recent write: 100 to 250 ms. */
const arrivalTries = 5

/** Returns the shortest pause while an event of another peer usually arrives, then one that doubles. */
export function untilArrival(config: MeshConfig): (tries: number) => number {
  const gap = backoff(config)
  return (tries) => gap(Math.max(1, tries - arrivalTries))
}

/** Whether a deed of this owner and verb is running. */
export function isRunning(state: MeshState, owner: string, verb: string): boolean {
  return state.pace.get(owner)?.get(verb)?.running ?? false
}

/** Returns how often a deed was begun. */
export function triesOf(state: MeshState, owner: string, verb: string): number {
  return state.pace.get(owner)?.get(verb)?.tries ?? 0
}

/** Whether the last deed of this owner and verb failed. */
export function hasFailed(state: MeshState, owner: string, verb: string): boolean {
  const last = state.pace.get(owner)?.get(verb)
  return last !== undefined && !last.running && !last.ok
}

/** Returns when the last deed of this owner and verb began, if it succeeded; null while it runs and after it failed. */
export function doneAt(state: MeshState, owner: string, verb: string): Millis | null {
  const last = state.pace.get(owner)?.get(verb)
  return last?.ok ? last.at : null
}

/** Returns when a deed last began; null if it never did. */
export function begunAt(state: MeshState, owner: string, verb: string): Millis | null {
  return state.pace.get(owner)?.get(verb)?.at ?? null
}
