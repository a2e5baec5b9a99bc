/** Writes errors in the form of Anthropic's API. */
import type { RippleError } from '../../errors/ripple-error.ts'
import type { Dialect } from '../openai/dialect.ts'
import { openaiError } from '../openai/error.ts'

/** Anthropic's types of errors, by HTTP status. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
}

/** Converts an error to Anthropic's form, together with Ripple's own code, hint and facts. */
function anthropicError(error: RippleError, route = '') {
  const { status, body } = openaiError(error, route)
  const { message, param, ripple_code, hint, facts } = body.error
  const type = types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  // Anthropic's client sends all messages itself once it reads that the server keeps no conversation.
  const details =
    param === 'thread' ? { error_code: 'thread_unsupported_request', unsupported: ['thread'] } : null
  // Claude Code shortens its conversation when it reads these words. A worker need not count beyond the context.
  const { tokens, max } = error.facts
  const least = typeof tokens === 'number' ? tokens : Number(max) + 1
  const long =
    error.code === 'RIPPLE_CONTEXT_TOO_LONG' ? `prompt is too long: ${least} tokens > ${max} maximum; ` : ''
  const where = param === 'response_format' ? 'output_config.format' : param
  return {
    status,
    body: {
      type: 'error',
      error: { type, message: long + message, param: where, details, ripple_code, hint, facts },
    },
  }
}

/** Anthropic's messages. Their last event ends a stream. */
export const anthropic: Dialect = {
  error: anthropicError,
  named: true,
  ping: { type: 'ping' },
  done: null,
}
