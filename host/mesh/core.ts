/** Bundles the pure functions of the mesh. */
import { apply } from './apply.ts'
import { planOf } from './plan.ts'
import { reply } from './reply.ts'

/** The pure functions that decide everything. A simulation replaces them by faulty ones to test its own checker. */
export interface MeshCore {
  readonly apply: typeof apply
  readonly planOf: typeof planOf
  readonly reply: typeof reply
}

/** The correct functions. */
export const meshCore: MeshCore = { apply, planOf, reply }
