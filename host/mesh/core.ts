import { apply } from './apply.ts'
import { planOf } from './plan.ts'
import { reply } from './reply.ts'

/** The pure functions that decide everything. A simulation puts faulty ones in their place to try its own checker. */
export interface MeshCore {
  readonly apply: typeof apply
  readonly planOf: typeof planOf
  readonly reply: typeof reply
}

/** The functions as they should be. */
export const meshCore: MeshCore = { apply, planOf, reply }
