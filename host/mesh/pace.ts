import type { ActionHash, AgentKey, Millis } from '../types/events.ts'
import type { Action, Deed, Step } from './actions.ts'
import type { MeshConfig, MeshState } from './state.ts'

/** Owner of deeds about a peer's offer of a task, apart from those about the same task as poster. */
export function offerOwner(task: ActionHash, poster: AgentKey): string {
  return `asked/${task}/${poster}`
}

/** Owner of deeds about a peer. */
export function peerOwner(agent: AgentKey): string {
  return `peer/${agent}`
}

/** Owner of deeds about all tasks that this machine may stand by for. */
export const listingOwner = 'listing/'

/** Owner of deeds about a task that this machine stands by for. */
export function standbyOwner(task: ActionHash): string {
  return `standby/${task}`
}

/** The deed now if it is due, else when it will be; nothing while it is going on. */
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

/** A pause that doubles with each try, between the configured bounds. */
export function backoff(config: MeshConfig): (tries: number) => number {
  const { min, max } = config.retry_ms
  return (tries) => Math.min(max, min * 2 ** Math.min(tries - 1, 30))
}

/** How often the shortest pause is kept while conductors bring what another peer has just written: 100 to 250 ms. */
const arrivalTries = 5

/** The shortest pause for as long as an event of another peer usually takes to arrive, then one that doubles. */
export function untilArrival(config: MeshConfig): (tries: number) => number {
  const gap = backoff(config)
  return (tries) => gap(Math.max(1, tries - arrivalTries))
}

/** Whether a deed of this owner and verb is going on. */
export function isRunning(state: MeshState, owner: string, verb: string): boolean {
  return state.pace.get(owner)?.get(verb)?.running ?? false
}

/** How often a deed was begun. */
export function triesOf(state: MeshState, owner: string, verb: string): number {
  return state.pace.get(owner)?.get(verb)?.tries ?? 0
}

/** Whether the last deed of this owner and verb came to nothing. */
export function hasFailed(state: MeshState, owner: string, verb: string): boolean {
  const last = state.pace.get(owner)?.get(verb)
  return last !== undefined && !last.running && !last.ok
}

/** When the last deed of this owner and verb was begun, if it ended well; null while it goes on, and when it failed. */
export function doneAt(state: MeshState, owner: string, verb: string): Millis | null {
  const last = state.pace.get(owner)?.get(verb)
  return last?.ok ? last.at : null
}

/** When a deed was last begun, or null when it never was. */
export function begunAt(state: MeshState, owner: string, verb: string): Millis | null {
  return state.pace.get(owner)?.get(verb)?.at ?? null
}
