/** Defines a planner: pure functions that turn inputs into a state, and a state into effects. */
import type { Millis } from '../types/events.ts'

/** The name of a unit that is planned separately, unique among the subjects of its planner. */
export type Subject = string

/** The key by which the loop paces an effect. Effects of one owner and verb never overlap. */
export interface Paced {
  /** The subject of the effect, or a part of it that has a pace of its own. */
  readonly owner: string
  /** The kind of effect. */
  readonly verb: string
  /** The number of this try, from 1. */
  readonly tries: number
}

/** The effects to begin now, most urgent first, and the time to look again if nothing happens. */
export interface Plan<E extends Paced> {
  readonly actions: readonly E[]
  /** Null for never. */
  readonly wake: Millis | null
}

/** One finding of a rule: an effect to begin, or a time to look again. */
export type PlanItem<E extends Paced> = E | { readonly wakeAt: Millis }

/** Inputs that come from the loop itself. `at` is the machine's own clock. */
export type LoopInput =
  /** An effect of the plan was begun. */
  | ({ readonly type: 'begun'; readonly at: Millis } & Paced)
  /** An effect of the plan ended; `ok` tells whether it succeeded. */
  | ({ readonly type: 'ended'; readonly ok: boolean } & Paced)
  /** This machine slept or stood still for a while, so its knowledge of other machines is old. */
  | { readonly type: 'resumed'; readonly at: Millis }

/** Finds the subjects whose plan may have changed. It may keep an index of its own, so each loop opens one. */
export interface Touches<S> {
  /** Returns the subjects whose plan may differ between two states. `isAwaited` tells whether a subject has a wake. */
  changed(before: S, after: S, isAwaited: (subject: Subject) => boolean): Iterable<Subject>
  /** Returns further subjects whose plan changes because the time of this one has come. */
  rang(state: S, subject: Subject, now: Millis): Iterable<Subject>
  /** Returns the place of a subject among those that are due: the lowest is planned first. */
  order(state: S, subject: Subject): number
}

/**
 * A planner of one kind of work: `S` is its state, `I` its inputs, `E` its effects. All functions are pure. The state
 * holds which effects are under way, so that nothing begins twice.
 */
export interface Planner<S, I, E extends Paced> {
  /** Returns the state after an input. It ignores an input that does not fit. */
  apply(state: S, input: I | LoopInput): S
  /** Returns the effects for one subject now, and when to look again. */
  planOf(state: S, subject: Subject, now: Millis): Plan<E>
  touches(): Touches<S>
}

/** Collects the findings of a subject's rules into its plan. */
export function planFrom<E extends Paced>(steps: Iterable<PlanItem<E>>, now: Millis): Plan<E> {
  const actions: E[] = []
  let wake = Number.POSITIVE_INFINITY
  for (const step of steps) {
    if (!('wakeAt' in step)) actions.push(step)
    else if (step.wakeAt > now) wake = Math.min(wake, step.wakeAt)
  }
  return { actions, wake: Number.isFinite(wake) ? wake : null }
}
