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
    'no machine that is online has a model that may vote',
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
    'the cloud tier gave {answered} of {needed} answers, and the policy requires them all',
    "set 'fallback_on_timeout' of the policy, or see 'ripple moe show {trace_id}'",
    504,
    5,
  ),
  RIPPLE_ENSEMBLE_UNPROVEN: row(
    "the policy requires a score card on which the ensemble wins at '{task_type}': {detail}",
    "measure it with 'ripple moe eval' (with '--form chat' for chats), or ask a single model",
    403,
    4,
  ),
  RIPPLE_ENSEMBLE_UNKNOWN: row(
    "no record of an ensemble '{id}' is kept here",
    'the oldest records are dropped; task receipts are not',
    404,
    1,
  ),
  RIPPLE_EVAL_SET_INVALID: row('{file}, line {line}: {detail}', 'fix the line and start again', 400, 2),
  RIPPLE_EVAL_STOPPED: row(
    'the measurement stopped after {done} of {items} items: {detail}',
    'run the same command again: finished items are kept',
    503,
    1,
  ),
  RIPPLE_EVAL_RUNNING: row(
    'a measurement is under way',
    'wait for it: only one runs at a time, so that measurements do not slow each other down',
    409,
    1,
  ),
  RIPPLE_SCORE_CARD_INVALID: row('{file} is not a valid score card: {detail}', 'do not rely on it', 422, 1),
} as const satisfies Record<string, ErrorRow>
