/** Answers an ask to one model by an ensemble. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AnswerEnd, Ask, Chosen } from '../types/answer.ts'
import { defaultDataClass } from '../types/data-class.ts'
import type { EnsembleRecord } from '../types/ensemble-record.ts'
import type { TaskType } from '../types/task-type.ts'
import type { Ensemble } from './ensemble.ts'
import { spentOn } from './measure/eval-ask.ts'

/**
 * Returns the task type that the ask names. Without one, an ask with a format is compared as JSON and any other as text.
 * Pure.
 */
export function taskTypeOf({ task_type, format }: Pick<Ask, 'task_type' | 'format'>): TaskType {
  return task_type ?? (format.type === 'text' ? 'general' : 'code_generation')
}

/**
 * Answers an ask by the ensemble, and resolves when all members have places. If a score card chose the ensemble, only the
 * local tier votes, because the card measured only that. A chat cannot show that too few agree, so the heaviest class
 * answers and `why` says so. The ask gives prompt, format, `max_tokens` and seed; members have their own sampling. Rejects
 * with `RIPPLE_BODY_INVALID` for texts to embed, and as `Ensemble.begin` does; `end` rejects as `Ensemble.query` does.
 */
export async function answerAsk(
  ensemble: Pick<Ensemble, 'begin'>,
  ask: Ask,
  { by, why }: Chosen,
  signal: AbortSignal,
): Promise<{ readonly end: Promise<AnswerEnd> }> {
  const { input, format, stop, seed, key, trace_id, data_class = defaultDataClass } = ask
  if (input.type === 'embed')
    throw new RippleError('RIPPLE_BODY_INVALID', { detail: 'several models cannot embed a text together' })
  const { record } = await ensemble.begin(
    {
      input,
      format: format.type === 'text' ? null : format,
      task_type: taskTypeOf(ask),
      policy: null,
      require_consensus: false,
      max_tokens: ask.max_tokens ?? limits.answer_tokens_default,
      stop,
      cloud: by === 'name',
      members: null,
      seed,
      key,
      trace_id,
      data_class,
      principal: ask.principal,
    },
    signal,
  )
  return { end: record.then((one) => endOf(one, by === 'card' ? `${why}; ` : '')) }
}

function endOf(
  { response, response_digest, members, mode, vote, trace_id }: EnsembleRecord,
  because: string,
): AnswerEnd {
  if (response === null)
    throw new RippleError('RIPPLE_ENSEMBLE_UNANSWERED', {
      members: members.length,
      detail: 'none of them said anything that could be voted on',
      trace_id,
    })
  const agree = `${Math.round(100 * vote.agreement)} % of the weight agree`
  return {
    text: response,
    // By digest, because the policy may omit the members' texts.
    finish: members.find((member) => member.response_digest === response_digest)?.finish ?? 'stop',
    usage: spentOn(members),
    model: 'ripple/moe',
    model_digest: null,
    route: 'ensemble',
    peer: null,
    task: null,
    receipt: null,
    receipts: members.flatMap(({ receipt }) => receipt ?? []),
    why: `${because}${whoOf(mode, members)} were asked, ${agree}${vote.result === 'flagged' ? ', fewer than the policy asks for' : ''}: see 'ripple moe show ${trace_id}'`,
  }
}

/** Returns in words who was asked. */
function whoOf(mode: EnsembleRecord['mode'], members: EnsembleRecord['members']): string {
  const local = members.filter(({ tier }) => tier === 'local').length
  const cloud = members.length - local
  const models = mode === 'distinct_models' ? `${local} models` : `${local} samples of one model`
  return cloud === 0 ? models : `${models} and ${cloud} ${cloud === 1 ? 'provider' : 'providers'}`
}
