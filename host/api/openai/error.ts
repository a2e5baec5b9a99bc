/** Writes errors in OpenAI's format. */
import type { Facts, RippleError } from '../../errors/ripple-error.ts'

/** An error as OpenAI's clients read it, together with Ripple's own code, hint and facts. */
export interface ErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    /** The field of the request that it is about. */
    readonly param: string | null
    readonly code: string
    readonly ripple_code: string
    readonly hint: string
    readonly facts: Facts
  }
}

/** An error with its HTTP status. */
export interface OpenaiError {
  readonly status: number
  readonly body: ErrorBody
}

type Code = RippleError['code']

/** The field with the model's input, by route. */
const texts: readonly (readonly [route: string, field: string])[] = [
  ['/chat/completions', 'messages'],
  ['/completions', 'prompt'],
  ['/embeddings', 'input'],
  ['/messages', 'messages'],
  ['/responses', 'input'],
]
const tooLong: readonly Code[] = [
  'RIPPLE_CONTEXT_TOO_LONG',
  'RIPPLE_PROMPT_TOO_LARGE',
  'RIPPLE_PROMPT_EMPTY',
  'RIPPLE_PROMPT_FATAL',
]
const noModel: readonly Code[] = ['RIPPLE_MODEL_NOT_FOUND', 'RIPPLE_MODEL_UNKNOWN', 'RIPPLE_MODEL_MISSING']
/** Statuses that differ from those of Ripple's own routes: OpenAI has no 413 for texts, and no 499. */
const statuses: Partial<Record<Code, number>> = {
  RIPPLE_CONTEXT_TOO_LONG: 400,
  RIPPLE_PROMPT_TOO_LARGE: 400,
  RIPPLE_INTERRUPTED: 503,
}
/** OpenAI's codes that programs look for. */
const codes: Partial<Record<Code, string>> = {
  RIPPLE_CONTEXT_TOO_LONG: 'context_length_exceeded',
  RIPPLE_PROMPT_TOO_LARGE: 'string_above_max_length',
  RIPPLE_UNAUTHORIZED: 'invalid_api_key',
  RIPPLE_BUSY: 'rate_limit_exceeded',
  RIPPLE_KEY_SPENT: 'insufficient_quota',
  RIPPLE_ANSWER_EXPIRED: 'rate_limit_exceeded',
  RIPPLE_BODY_INVALID: 'invalid_value',
}

/** OpenAI's names of fields. */
const fields: Readonly<Record<string, string>> = { format: 'response_format' }

/** Converts an error to OpenAI's format. `route` decides the field of a text that is too long. */
export function openaiError(error: RippleError, route = ''): OpenaiError {
  const { code, facts } = error
  const status = statuses[code] ?? error.http
  const isBody = code === 'RIPPLE_BODY_INVALID'
  const param = typeof facts.param === 'string' ? (fields[facts.param] ?? facts.param) : paramOf(code, route)
  const hint = isBody ? hintFor(param) : error.hint
  // Many clients show the message alone, so it includes the hint. An error in a request names its field and needs no hint.
  const message = isBody ? error.message : `${error.message}; ${hint}`
  const own = code.replace('RIPPLE_', '').toLowerCase()
  const given = typeof facts.reason === 'string' ? facts.reason : codes[code]
  return {
    status,
    body: {
      error: {
        message,
        type: typeOf(status),
        param,
        code: noModel.includes(code) ? 'model_not_found' : (given ?? own),
        ripple_code: code,
        hint,
        facts,
      },
    },
  }
}

/** Returns a hint for the field. The table's hint names pages of the command line, which do not help OpenAI's clients. */
function hintFor(param: string | null): string {
  return param === null ? 'fix the request as the message says' : `fix '${param}' as the message says`
}

function paramOf(code: Code, route: string): string | null {
  if (noModel.includes(code) || code === 'RIPPLE_MODEL_NOT_CHAT') return 'model'
  if (!tooLong.includes(code)) return null
  return texts.find(([end]) => route.endsWith(end))?.[1] ?? null
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error'
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
