/** Lists the errors of ensembles. */
import { type ErrorRow, row } from './row.ts'

/** Errors of asking several models at once, and of measuring the benefit. */
export const ensembleErrors = {
  RIPPLE_ENSEMBLE_POLICY_UNKNOWN: row(
    "no inference policy is called '{policy}'",
    'policies of manifests/distributed/inference_policy.yaml: {known}',
    404,
    2,
  ),
  RIPPLE_ENSEMBLE_NO_MEMBER: row(
    'no model that may vote is on a machine that is online',
    "fetch one with 'ripple model pull', or see 'ripple peers'",
    503,
    1,
  ),
  RIPPLE_ENSEMBLE_UNANSWERED: row(
    'none of {members} members has answered: {detail}',
    "see 'ripple moe show {trace_id}' for each",
    504,
    5,
  ),
  RIPPLE_ENSEMBLE_CLOUD: row(
    'the cloud tier gave {answered} of {needed} answers, and the policy allows no answer without it',
    "set 'fallback_on_timeout' of the policy, or see 'ripple moe show {trace_id}'",
    504,
    5,
  ),
  RIPPLE_ENSEMBLE_UNPROVEN: row(
    "the policy asks for a score card by which the ensemble wins at '{task_type}': {detail}",
    "measure it with 'ripple moe eval', chats with '--form chat', or ask a single model",
    403,
    4,
  ),
  RIPPLE_ENSEMBLE_UNKNOWN: row(
    "no record of an ensemble '{id}' is kept here",
    'the oldest records are dropped; task receipts are not',
    404,
    1,
  ),
  RIPPLE_EVAL_SET_INVALID: row('{file}, line {line}: {detail}', 'mend the line and start again', 400, 2),
  RIPPLE_EVAL_STOPPED: row(
    'the measurement stopped after {done} of {items} items: {detail}',
    'start it again with the same words: what is done is kept',
    503,
    1,
  ),
  RIPPLE_EVAL_RUNNING: row(
    'a measurement is under way',
    'wait for it: one at a time is measured, so that they do not slow each other down',
    409,
    1,
  ),
  RIPPLE_SCORE_CARD_INVALID: row('{file} is no valid score card: {detail}', 'believe nothing of it', 422, 1),
} as const satisfies Record<string, ErrorRow>
