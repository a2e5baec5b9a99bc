import { sha256Hex } from '../../../host/codec/digest.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { Decision, DecisionPoint, Gate } from '../../../host/types/decision.ts'

/** The refusals of a stand-in for the policies: decision points, each with its probability. */
export type Refuses = Partial<Record<DecisionPoint, number>>

/**
 * A stand-in for the policy gate: it reads no policy and keeps no record. It allows everything, or refuses by seed: the same
 * subject at the same point always hears the same.
 */
export function standInGate(clock: Clock, seed: string, refuses: Refuses = {}): Gate {
  let decisions = 0
  return {
    decide: async (point, subject) => {
      const drawn = Number.parseInt(sha256Hex(`${seed} ${point} ${subject}`).slice(0, 8), 16) / 2 ** 32
      const allow = drawn >= (refuses[point] ?? 0)
      const decision: Decision = {
        id: `${seed} ${decisions}`,
        point,
        subject,
        allow,
        rule: `${point}.${allow ? 'allow' : 'drawn'}`,
        reasons: allow ? [] : ['drawn'],
        policy: { name: point, digest: sha256Hex(point) },
        at: clock.now(),
      }
      decisions += 1
      return decision
    },
  }
}
