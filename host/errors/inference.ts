/** Lists the errors of questions to models. */
import { type ErrorRow, row } from './row.ts'

/** Errors of asking a model. */
export const inferenceErrors = {
  RIPPLE_ANSWER_FAILED: row('{model} gave no answer: {detail}', "see 'ripple task why {id}'", 502, 1),
  RIPPLE_ANSWER_EXPIRED: row(
    'no machine that has {model} became free within {seconds} s: {said}',
    "try again in {retry_after_s} s; 'ripple task why {id}' lists the machines that were asked",
    429,
    1,
  ),
  RIPPLE_ANSWER_REFUSED: row(
    'no machine that is online will run {model} for this request, and waiting does not change that: {detail}',
    "change the request, or ask another model; 'ripple task why {id}' lists each machine's answer",
    403,
    4,
  ),
  RIPPLE_ANSWER_KEY_SPENT: row(
    "{model} gave no answer, and the key '{key}' cannot be used again: {detail}",
    "a key always means the same task: ask again with a new key; see '{see}'",
    409,
    1,
  ),
  RIPPLE_PROMPT_FATAL: row(
    'the engine crashed while it split the prompt into tokens: {detail}',
    'change the prompt: thousands of equal letters in a row are known to cause this with some models',
    400,
    2,
  ),
  RIPPLE_PREFIX_UNKNOWN: row(
    'the grant does not name the text that its answer continued',
    'its poster will grant the task again',
    409,
    1,
  ),
  RIPPLE_MODEL_NOT_FOUND: row(
    "no model '{model}' is on the mesh",
    'the nearest names: {nearest}; all of them: GET /v1/models',
    404,
    2,
  ),
  RIPPLE_MODEL_NOT_CHAT: row(
    '{model} has no chat template',
    'it continues text: ask it by /v1/completions',
    400,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
