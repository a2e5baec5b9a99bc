/** Lists the errors of providers. */
import { type ErrorRow, row } from './row.ts'

/** Errors of providers outside the mesh. */
export const providerErrors = {
  RIPPLE_UPSTREAM_FAILED: row(
    '{provider} gave no answer: {detail}',
    'try again, or ask another model',
    502,
    1,
  ),
  RIPPLE_UPSTREAM_UNKNOWN: row("no provider offers '{model}'", 'models of providers: {known}', 404, 2),
  RIPPLE_UPSTREAM_OFF: row(
    "the network '{network}' sends nothing to providers",
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
    "check that the key is valid and may use this model, or set a new one with 'ripple secret set'",
    502,
    2,
  ),
  RIPPLE_UPSTREAM_MODEL: row(
    "{provider} has no model '{model}': {detail}",
    'fix its models and base_url in the configuration',
    502,
    2,
  ),
  RIPPLE_UPSTREAM_BUSY: row(
    '{provider} accepts no more requests for now: {detail}',
    'try again in {retry_after_s} s',
    429,
    1,
  ),
  RIPPLE_UPSTREAM_BUDGET: row(
    "today's budget for providers is spent: {left} {what} are left, and {wanted} may be needed",
    'it is renewed at 00:00 UTC, in {retry_after_s} s; upstream.budget in the configuration sets it',
    429,
    4,
  ),
  RIPPLE_UPSTREAM_FILTERED: row(
    'the request contains data that may not leave this machine: {kinds}',
    'remove it, or allow upstream.filter in the configuration to mask it',
    403,
    4,
  ),
  RIPPLE_UPSTREAM_UNABLE: row('{provider} cannot be asked for this: {detail}', 'ask another model', 400, 2),
} as const satisfies Record<string, ErrorRow>
