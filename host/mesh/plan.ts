/** Plans the next actions from a state and a time. */
import { planFrom } from '../planning/planner.ts'
import type { Millis } from '../types/events.ts'
import { planClosed, planPosted } from './poster/plan-poster.ts'
import { planListing, planStandby } from './standby/plan-standby.ts'
import type { Plan, PlanItem } from './state/effects.ts'
import type { MeshState } from './state/state.ts'
import { partsOf, type Subject, subjectsOf } from './state/subjects.ts'
import { planOffers } from './worker/plan-offers.ts'
import { planHeld, planPeer, planRun } from './worker/plan-worker.ts'

/**
 * Returns the actions for one subject now, and when to look again if nothing happens to it. This is a pure function of
 * state and time. Running effects are in the state, so nothing begins twice. The plan depends only on what `touched` names
 * and on time. It yields each moment at which time alone changes it, so the agenda may leave all other subjects
 * unplanned.
 */
export function planOf(state: MeshState, subject: Subject, now: Millis): Plan {
  return planFrom(itemsOf(state, subject, now), now)
}

/** Returns the actions for all subjects now, as the agenda finds them, but computed without it. */
export function plan(state: MeshState, now: Millis): Plan {
  const plans = subjectsOf(state).map((subject) => planOf(state, subject, now))
  const wakes = plans.flatMap(({ wake }) => (wake === null ? [] : [wake]))
  return {
    actions: plans.flatMap(({ actions }) => actions),
    wake: wakes.length > 0 ? Math.min(...wakes) : null,
  }
}

function itemsOf(state: MeshState, subject: Subject, now: Millis): Iterable<PlanItem> {
  const { kind, id } = partsOf(subject)
  switch (kind) {
    case 'run':
      return planRun(state, now)
    case 'offers':
      return planOffers(state, now)
    case 'listing':
      return planListing(state, now)
    case 'peer': {
      const peer = state.peers.get(id)
      return peer ? planPeer(state, peer, now) : []
    }
    case 'standby': {
      const standby = state.standbys.get(id)
      return standby ? planStandby(state, standby, now) : []
    }
    default: {
      const posted = state.open.get(id)
      if (posted) return planPosted(state, posted, now)
      const closed = state.closed.get(id)
      if (closed) return planClosed(state, closed, now)
      const held = state.held.get(id)
      return held ? planHeld(state, held, now) : []
    }
  }
}
