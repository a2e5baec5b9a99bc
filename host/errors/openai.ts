/** Lists the errors of OpenAI's endpoints. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the API in OpenAI's format. */
export const openaiErrors = {
  RIPPLE_ANSWER_INVALID: row(
    '{model} did not answer in the form that was asked for: {detail}',
    'try again, or ask another model',
    502,
    1,
  ),
  RIPPLE_RESPONSE_UNKNOWN: row(
    "there is no response '{id}' on this machine",
    'ask again without it; the newest responses are stored until the daemon ends',
    404,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
