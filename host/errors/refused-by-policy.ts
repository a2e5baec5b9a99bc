import type { Decision } from '../types/decision.ts'
import { RippleError } from './ripple-error.ts'

/** A refusal as an error; with a trace id it names the request that was refused, as the audit file does. */
export function refusedByPolicy({ policy, rule, reasons }: Decision, trace_id?: string | null): RippleError {
  const facts = { policy: policy.name, rule, reasons: reasons.join(', '), digest: policy.digest ?? 'none' }
  return new RippleError('RIPPLE_POLICY_REFUSED', trace_id ? { ...facts, trace_id } : facts)
}
