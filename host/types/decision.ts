import type { Millis } from './events.ts'
import type { Json } from './json.ts'

/** Where the policy is asked. */
export const decisionPoints = ['post', 'run', 'egress', 'merge'] as const

/** A place where the policy is asked. */
export type DecisionPoint = (typeof decisionPoints)[number]

/** What a policy answered, as the audit file keeps it. */
export interface Decision {
  readonly id: string
  readonly point: DecisionPoint
  /** What it was about: a task's key or hash, or the digest of what was to be merged. */
  readonly subject: string
  readonly allow: boolean
  /** The rule that decided, such as `run.allow`. */
  readonly rule: string
  /** Codes of the reasons; at least one when the answer is no. */
  readonly reasons: readonly string[]
  /** The policy by name, and sha256 of its wasm, lower-case hex; null where that could not be read. */
  readonly policy: { readonly name: string; readonly digest: string | null }
  readonly at: Millis
}

/**
 * Asks the policies. It never rejects: a policy that is missing, corrupt, throws or takes longer than
 * `limits.policy_decide_ms` has refused, and the reason says so.
 */
export interface Gate {
  decide(point: DecisionPoint, subject: string, facts: { readonly [name: string]: Json }): Promise<Decision>
}
