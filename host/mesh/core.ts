/** Bundles the pure functions of the mesh. */
import type { Planner } from '../planning/planner.ts'
import { apply } from './apply.ts'
import { planOf } from './plan.ts'
import { reply } from './reply.ts'
import type { ScheduledEffect } from './state/effects.ts'
import type { MeshInput } from './state/input.ts'
import type { MeshState } from './state/state.ts'
import { MeshTouches } from './state/touches.ts'

/** The pure functions that decide everything. A simulation replaces them by faulty ones to test its own checker. */
export interface MeshCore extends Planner<MeshState, MeshInput, ScheduledEffect> {
  readonly reply: typeof reply
}

/** The correct functions. */
export const meshCore: MeshCore = { apply, planOf, touches: () => new MeshTouches(), reply }
