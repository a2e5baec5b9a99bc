/** Makes the error of a policy's refusal. */
import type { Decision } from '../types/decision.ts'
import { RippleError } from './ripple-error.ts'

/** Returns a refusal as an error. A trace id names the refused request, as in the audit file. */
export function refusedByPolicy({ policy, rule, reasons }: Decision, trace_id?: string | null): RippleError {
  const facts = { policy: policy.name, rule, reasons: reasons.join(', '), digest: policy.digest ?? 'none' }
  return new RippleError('RIPPLE_POLICY_REFUSED', trace_id ? { ...facts, trace_id } : facts)
}
