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
} as const satisfies Record<string, ErrorRow>
