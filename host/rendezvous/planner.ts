/** Bundles the pure functions of the rendezvous. */
import type { Planner } from '../planning/planner.ts'
import { apply } from './apply.ts'
import type { RendezvousEffect } from './effect.ts'
import type { RendezvousEvent } from './input.ts'
import { planOf } from './plan.ts'
import type { RendezvousState } from './state.ts'
import { rendezvousTouches } from './touches.ts'

/**
 * The planner that decides who runs the bootstrap server, where this machine's forwarder leads, and whom to greet. It is
 * sticky: a server that can be reached stays, and a newcomer never replaces it.
 */
export const rendezvousPlanner: Planner<RendezvousState, RendezvousEvent, RendezvousEffect> = {
  apply,
  planOf,
  touches: () => rendezvousTouches,
}
