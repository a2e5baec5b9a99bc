/** Lists the errors of the endpoints of OpenAI and Ollama. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the APIs in the formats of OpenAI and Ollama. */
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
  RIPPLE_OLLAMA_UNSUPPORTED: row(
    "Ollama's API cannot {verb} a model of this mesh",
    "use 'ripple model pull', 'ripple model rm' and 'ripple model ls'",
    501,
    1,
  ),
} as const satisfies Record<string, ErrorRow>
