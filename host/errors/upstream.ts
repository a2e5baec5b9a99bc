import { type ErrorRow, row } from './row.ts'

/** Errors of providers that are not of the mesh. */
export const upstreamErrors = {
  RIPPLE_UPSTREAM_FAILED: row(
    '{provider} gave no answer: {detail}',
    'try again, or ask another model',
    502,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
