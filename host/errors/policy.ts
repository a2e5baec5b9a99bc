/** Lists the errors of policies. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the policy gate. */
export const policyErrors = {
  RIPPLE_POLICY_REFUSED: row(
    "policy '{policy}' refuses: {reasons}",
    "see 'ripple policy show {policy}', and 'ripple policy list' for its decisions",
    403,
    4,
  ),
  RIPPLE_POLICY_UNKNOWN: row("there is no policy '{name}'", "see 'ripple policy list'", 404, 2),
  RIPPLE_OPA_MISSING: row(
    'opa {version} is not installed, and Go is not installed to build it',
    'install Go, or put that version of opa on PATH; it is needed only to change the policies',
    503,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
