/** Defines the gate to the policies and their decisions. */
import type { Millis } from './events.ts'
import type { Json } from './json.ts'

/** The points at which the policies are asked. */
export const decisionPoints = ['post', 'run', 'egress', 'merge', 'tool', 'mcp', 'allocate'] as const

/** A point at which the policies are asked. */
export type DecisionPoint = (typeof decisionPoints)[number]

/** The answer of a policy, as the audit file records it. */
export interface Decision {
  readonly id: string
  readonly point: DecisionPoint
  /** The subject: a task's key or hash, the digest of the answers to be merged, a tool, an allocation, or a random id. */
  readonly subject: string
  readonly allow: boolean
  /** The rule that decided, such as `run.allow`. */
  readonly rule: string
  /** Codes of the reasons; at least one in a refusal. */
  readonly reasons: readonly string[]
  /** The policy's name, and the sha256 of its wasm in lower-case hex; null if that could not be read. */
  readonly policy: { readonly name: string; readonly digest: string | null }
  readonly at: Millis
}

/**
 * Asks the policies. It never rejects. If a policy is missing or corrupt, throws, or takes longer than
 * `limits.policy_decide_ms`, the decision is a refusal with that reason.
 */
export interface Gate {
  decide(point: DecisionPoint, subject: string, facts: { readonly [name: string]: Json }): Promise<Decision>
}
