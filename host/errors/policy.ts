import { type ErrorRow, row } from './row.ts'

/** Errors of the policy gate. */
export const policyErrors = {
  RIPPLE_POLICY_REFUSED: row(
    "policy '{policy}' refuses: {reasons}",
    "see 'ripple policy show {policy}', and 'ripple policy list' for what it decided",
    403,
    4,
  ),
} as const satisfies Record<string, ErrorRow>
