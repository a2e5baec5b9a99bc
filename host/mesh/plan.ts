import type { Millis } from '../types/events.ts'
import type { Action, Plan, Step } from './actions.ts'
import { planOffers } from './plan-offers.ts'
import { planPosted } from './plan-poster.ts'
import { planAsking, planHeld, planRun } from './plan-worker.ts'
import type { MeshState } from './state.ts'

/**
 * What to do now. A pure function of state and time: what is going on is in the state, so nothing is begun twice.
 * Own tasks come first (a Close or a Grant frees others), then the grants that are held, then new work.
 */
export function plan(state: MeshState, now: Millis): Plan {
  const actions: Action[] = []
  let wake = Number.POSITIVE_INFINITY
  for (const step of steps(state, now)) {
    if ('wakeAt' in step) {
      if (step.wakeAt > now) wake = Math.min(wake, step.wakeAt)
    } else actions.push(step)
  }
  return { actions, wake: Number.isFinite(wake) ? wake : null }
}

function* steps(state: MeshState, now: Millis): Generator<Step> {
  for (const posted of state.tasks.values()) yield* planPosted(state, posted, now)
  for (const held of state.held.values()) yield* planHeld(state, held, now)
  yield* planRun(state, now)
  yield* planOffers(state, now)
  yield* planAsking(state, now)
}
