/** Lists the errors of questions to models. */
import { type ErrorRow, row } from './row.ts'

/** Errors of asking a model. */
export const inferenceErrors = {
  RIPPLE_ANSWER_FAILED: row('{model} gave no answer: {detail}', "see 'ripple task why {id}'", 502, 1),
  RIPPLE_ANSWER_EXPIRED: row(
    'no machine that has {model} had a place for it within {seconds} s: {said}',
    "try again in {retry_after_s} s; 'ripple task why {id}' names those that were asked",
    429,
    1,
  ),
  RIPPLE_ANSWER_REFUSED: row(
    'no machine that is there runs {model} for this, and waiting does not change that: {detail}',
    "ask for what they take, or another model; 'ripple task why {id}' names each machine's answer",
    403,
    4,
  ),
  RIPPLE_ANSWER_KEY_SPENT: row(
    "{model} gave no answer, and the key '{key}' gets none any more: {detail}",
    "a key means the same task for ever: ask again with a new one; see '{see}'",
    409,
    1,
  ),
  RIPPLE_PROMPT_FATAL: row(
    'the prompt ended the engine, which died while it split the prompt into tokens: {detail}',
    'change the prompt: thousands of equal letters in a row are known to do that with some models',
    400,
    2,
  ),
  RIPPLE_PREFIX_UNKNOWN: row(
    'the grant does not name the text that its answer went on with',
    'its poster gives the task anew',
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
