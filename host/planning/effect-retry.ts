/** Paces effects: keeps when each began, and the pauses between tries. */
import type { Millis } from '../types/events.ts'
import { PersistentMap } from './persistent-map.ts'
import type { LoopInput, Paced, PlanItem } from './planner.ts'

/** The last run of an effect: when it began, how often, whether it is still running, and how it ended. */
export interface Pace {
  readonly at: Millis
  readonly running: boolean
  /** Whether it ended well; false while it is running. */
  readonly ok: boolean
  readonly tries: number
}

/** The paces of a planner, by owner and verb. */
export type Paces = ReadonlyMap<string, ReadonlyMap<string, Pace>>

/** The part of a state that holds the paces. */
export interface WithPace {
  readonly pace: Paces
}

/** Yields the effect if it is due, else the time at which it will be due. Yields nothing while it is running. */
export function* paced<D extends object>(
  state: WithPace,
  now: Millis,
  owner: string,
  verb: string,
  gap: (tries: number) => number,
  effect: D,
): Generator<PlanItem<D & Paced>> {
  const last = state.pace.get(owner)?.get(verb)
  if (last?.running) return
  const at = last ? last.at + gap(last.tries) : now
  if (at > now) yield { wakeAt: at }
  else yield { ...effect, owner, verb, tries: (last?.tries ?? 0) + 1 }
}

/** Returns the paces after an effect was begun or ended; the same paces if that is known or out of date. */
export function withPace(paces: Paces, input: Extract<LoopInput, { type: 'begun' | 'ended' }>): Paces {
  const { owner, verb, tries } = input
  const verbs = paces.get(owner) ?? new Map<string, Pace>()
  const last = verbs.get(verb)
  const set = (pace: Pace) => PersistentMap.of(paces).with(owner, PersistentMap.of(verbs).with(verb, pace))
  if (input.type === 'begun')
    return (last?.tries ?? 0) >= tries ? paces : set({ at: input.at, running: true, ok: false, tries })
  return last?.tries === tries ? set({ ...last, running: false, ok: input.ok }) : paces
}

/** Returns a pause that doubles with each try, between two bounds in milliseconds. */
export function backoff(config: {
  readonly retry_ms: { readonly min: Millis; readonly max: Millis }
}): (tries: number) => number {
  const { min, max } = config.retry_ms
  return (tries) => Math.min(max, min * 2 ** Math.min(tries - 1, 30))
}

/** Whether an effect of this owner and verb is running. */
export function isRunning(state: WithPace, owner: string, verb: string): boolean {
  return state.pace.get(owner)?.get(verb)?.running ?? false
}

/** Returns how often an effect was begun. */
export function triesOf(state: WithPace, owner: string, verb: string): number {
  return state.pace.get(owner)?.get(verb)?.tries ?? 0
}

/** Whether the last effect of this owner and verb failed. */
export function hasFailed(state: WithPace, owner: string, verb: string): boolean {
  const last = state.pace.get(owner)?.get(verb)
  return last !== undefined && !last.running && !last.ok
}

/** Returns when the last effect of this owner and verb began, if it succeeded; null while it runs and after it failed. */
export function doneAt(state: WithPace, owner: string, verb: string): Millis | null {
  const last = state.pace.get(owner)?.get(verb)
  return last?.ok ? last.at : null
}

/** Returns when an effect last began; null if it never did. */
export function begunAt(state: WithPace, owner: string, verb: string): Millis | null {
  return state.pace.get(owner)?.get(verb)?.at ?? null
}
