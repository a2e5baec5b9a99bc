/** Lists the errors of providers. */
import { type ErrorRow, row } from './row.ts'

/** Errors of providers outside the mesh. */
export const upstreamErrors = {
  RIPPLE_UPSTREAM_FAILED: row(
    '{provider} gave no answer: {detail}',
    'try again, or ask another model',
    502,
    1,
  ),
  RIPPLE_UPSTREAM_UNKNOWN: row("no provider offers '{model}'", 'models of providers: {known}', 404, 2),
  RIPPLE_UPSTREAM_OFF: row(
    "nothing leaves the network '{network}' for a provider",
    'ask a model of the mesh, or join another network',
    403,
    4,
  ),
  RIPPLE_UPSTREAM_NO_KEY: row(
    "{provider} asks for the secret '{secret}', which is not set",
    "set it with 'ripple secret set {secret} --stdin'",
    503,
    2,
  ),
  RIPPLE_UPSTREAM_KEY: row(
    '{provider} does not accept its key: {detail}',
    "see whether the key is still valid and may use this model, and set a new one with 'ripple secret set'",
    502,
    2,
  ),
  RIPPLE_UPSTREAM_MODEL: row(
    "{provider} has no model '{model}': {detail}",
    'mend its models and base_url in the configuration',
    502,
    2,
  ),
  RIPPLE_UPSTREAM_BUSY: row(
    '{provider} takes no more for now: {detail}',
    'try again in {retry_after_s} s',
    429,
    1,
  ),
  RIPPLE_UPSTREAM_BUDGET: row(
    "the day's budget for providers is spent: {left} {what} are left, and {wanted} may be needed",
    'it is renewed at 00:00 UTC, in {retry_after_s} s; upstream.budget in the configuration says how much it is',
    429,
    4,
  ),
  RIPPLE_UPSTREAM_FILTERED: row(
    'the request holds what may not leave this machine: {kinds}',
    'take it out, or let upstream.filter in the configuration mask it',
    403,
    4,
  ),
  RIPPLE_UPSTREAM_UNABLE: row('{provider} cannot be asked for this: {detail}', 'ask another model', 400, 2),
} as const satisfies Record<string, ErrorRow>
