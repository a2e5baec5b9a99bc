import type { Millis } from '../types/events.ts'
import type { Action, Plan, Step } from './actions.ts'
import { planOffers } from './plan-offers.ts'
import { planPosted } from './plan-poster.ts'
import { planListing, planStandby } from './plan-standby.ts'
import { planHeld, planPeer, planRun } from './plan-worker.ts'
import type { MeshState } from './state.ts'
import { partsOf, type Subject, subjectsOf } from './subjects.ts'

/**
 * What to do now for one subject, and when to look at it again if nothing happens to it. A pure function of state and
 * time: what is going on is in the state, so nothing is begun twice. It rests on what `touched` names and on time
 * alone, and each moment from which time alone makes it another is a time to look again: so the agenda may leave
 * everything else unplanned.
 */
export function planOf(state: MeshState, subject: Subject, now: Millis): Plan {
  const actions: Action[] = []
  let wake = Number.POSITIVE_INFINITY
  for (const step of stepsOf(state, subject, now)) {
    if ('wakeAt' in step) {
      if (step.wakeAt > now) wake = Math.min(wake, step.wakeAt)
    } else actions.push(step)
  }
  return { actions, wake: Number.isFinite(wake) ? wake : null }
}

/** What to do now for all subjects: what the agenda finds, without the agenda. */
export function plan(state: MeshState, now: Millis): Plan {
  const plans = subjectsOf(state).map((subject) => planOf(state, subject, now))
  const wakes = plans.flatMap(({ wake }) => (wake === null ? [] : [wake]))
  return {
    actions: plans.flatMap(({ actions }) => actions),
    wake: wakes.length > 0 ? Math.min(...wakes) : null,
  }
}

function stepsOf(state: MeshState, subject: Subject, now: Millis): Iterable<Step> {
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
      const held = state.held.get(id)
      return held ? planHeld(state, held, now) : []
    }
  }
}
