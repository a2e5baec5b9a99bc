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
  for (const step of steps(state, subject, now)) {
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

function* steps(state: MeshState, subject: Subject, now: Millis): Generator<Step> {
  const { kind, id } = partsOf(subject)
  const posted = kind === 'own' ? state.open.get(id) : undefined
  const held = kind === 'own' ? state.held.get(id) : undefined
  const peer = kind === 'peer' ? state.peers.get(id) : undefined
  const standby = kind === 'standby' ? state.standbys.get(id) : undefined
  if (posted) yield* planPosted(state, posted, now)
  if (held) yield* planHeld(state, held, now)
  if (kind === 'run') yield* planRun(state, now)
  if (kind === 'offers') yield* planOffers(state, now)
  if (peer) yield* planPeer(state, peer, now)
  if (standby) yield* planStandby(state, standby, now)
  if (kind === 'listing') yield* planListing(state, now)
}
