/** Asks a policy for its verdict and checks the answer. */
import { z } from 'zod'
import { canonicalJson } from '../codec/canonical-json.ts'
import { policyLimits } from '../limits/policy.ts'
import type { DecisionPoint } from '../types/decision.ts'
import type { Json } from '../types/json.ts'
import type { Evaluator } from './evaluator.ts'
import type { Policy } from './store.ts'

/** The most reasons and rules that a policy may name. */
const NAMED_MAX = 64

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)

const verdictSchema = z
  .strictObject({
    allow: z.boolean(),
    rule: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/),
    reasons: z.array(code).max(NAMED_MAX),
  })
  // A refusal needs a reason, and an allow with a reason contradicts itself.
  .refine(({ allow, reasons }) => allow === (reasons.length === 0))

const rulesSchema = z.array(z.strictObject({ code, says: z.string().max(200) })).max(NAMED_MAX)

/** The answer of a policy, or of the gate in its place. */
export type Verdict = z.infer<typeof verdictSchema>

/** The possible refusals of a policy: each code with its condition. */
export type Rules = z.infer<typeof rulesSchema>

/** A verdict. The detail explains a verdict of the gate itself; null for a policy's. */
export interface Judged {
  readonly verdict: Verdict
  readonly detail: string | null
}

/** The codes of the gate itself, which refuses if a policy gives no valid answer. */
export type GateCode =
  | 'policy_missing'
  | 'policy_corrupt'
  | 'policy_failed'
  | 'policy_slow'
  | 'policy_busy'
  | 'audit_failed'

/** Returns a refusal because no policy answered. */
export function gateRefuses(reason: GateCode, detail: string): Judged {
  return { verdict: { allow: false, rule: `gate.${reason}`, reasons: [reason] }, detail }
}

/** Asks a policy for its decision. It never rejects. */
export async function judge(policy: Policy, input: Json, evaluator: Evaluator): Promise<Judged> {
  if (policy.problem) return gateRefuses(policy.problem.code, policy.problem.detail)
  const bytes = Buffer.byteLength(canonicalJson(input))
  if (bytes > policyLimits.policy_facts_bytes_max)
    return gateRefuses('policy_failed', `facts of ${bytes} bytes`)
  const outcome = await evaluator.ask(policy, entryOf(policy.name, 'decision'), input)
  if (!outcome.ok) return gateRefuses(outcome.code, outcome.detail)
  const parsed = verdictSchema.safeParse(outcome.value)
  if (parsed.success) return { verdict: parsed.data, detail: null }
  return gateRefuses('policy_failed', 'its answer is not a decision')
}

/** Asks a policy for its rules; empty if it names none. */
export async function rulesOf(policy: Policy, evaluator: Evaluator): Promise<Rules> {
  if (policy.problem) return []
  const outcome = await evaluator.ask(policy, entryOf(policy.name, 'rules'), {})
  return outcome.ok ? (rulesSchema.safeParse(outcome.value).data ?? []) : []
}

function entryOf(name: DecisionPoint, rule: 'decision' | 'rules'): string {
  return `ripple/${name}/${rule}`
}
