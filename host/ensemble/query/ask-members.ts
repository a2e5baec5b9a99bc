/** Asks the members of an ensemble and records what each answered. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { AnswerEnd, Ask, Inference } from '../../types/answer.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import type { MemberRecord } from '../../types/ensemble-record.ts'
import { orAborted } from '../../types/or-aborted.ts'
import { callableTools } from '../../types/tool-answer.ts'
import type { CloudMembers, EnsembleQuery, Member } from '../members/types.ts'
import { hashOf } from '../vote/reduce.ts'
import { answerIn, type VoteForm, voteForm } from '../vote/vote-form.ts'

/** The ports through which members are asked. */
export interface AskNeeds {
  readonly inference: Pick<Inference, 'ask'>
  /** Null where no provider may be asked. */
  readonly cloud: CloudMembers | null
}

/** A question as every member gets it. */
export interface Question
  extends Pick<
    EnsembleQuery,
    'input' | 'format' | 'task_type' | 'max_tokens' | 'stop' | 'data_class' | 'principal'
  > {
  /** Null where the policy wants no trace id in members' requests. */
  readonly trace_id: string | null
  /** The key from which the members' task keys are derived; without one each gets a new key. */
  readonly key?: string | null
}

/** A member's answer, or why there is none. */
export type Reply = MemberRecord

/** The end of a member's answer, of either tier. */
type End = Pick<AnswerEnd, 'text' | 'model' | 'usage'> & Partial<AnswerEnd>

/**
 * Asks all members at once. Resolves with their replies in order when each has answered, failed or run out of its tier's
 * time. Agreement ends no member early: its answer may still change text and score, and the policy records every answer. An
 * abort ends members that have yet to answer and keeps the other answers, since some may have been paid for. It never
 * rejects. Calls `onFailed` with the error of each member that gave no answer.
 */
export async function askMembers(
  needs: AskNeeds,
  members: readonly Member[],
  question: Question,
  timeouts: Readonly<Record<Member['tier'], number>>,
  signal: AbortSignal,
  onFailed: (error: RippleError) => void = () => {},
): Promise<Reply[]> {
  return Promise.all(
    members.map((member) => askMember(needs, member, question, timeouts[member.tier], signal, onFailed)),
  )
}

/** Asks one member. It never rejects. */
async function askMember(
  needs: AskNeeds,
  member: Member,
  question: Question,
  timeout_ms: number,
  signal: AbortSignal,
  onFailed: (error: RippleError) => void,
): Promise<Reply> {
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new RippleError('RIPPLE_TIMEOUT', { what: member.model, ms: timeout_ms })),
    timeout_ms,
  )
  const from = performance.now()
  const latency = (): number => Math.round(performance.now() - from)
  const ending = AbortSignal.any([signal, late.signal])
  try {
    ending.throwIfAborted()
    // A member that ignores the signal is not waited for.
    const end = await orAborted(answerOf(needs, member, askOf(member, question), ending), ending)
    return reply(member, question, end, latency())
  } catch (thrown) {
    const error = toRippleError(late.signal.aborted ? late.signal.reason : thrown)
    const { code } = error
    onFailed(error)
    return { ...silent(member, latency()), outcome: late.signal.aborted ? 'timeout' : 'failed', code }
  } finally {
    clearTimeout(timer)
  }
}

async function answerOf(needs: AskNeeds, member: Member, ask: Ask, signal: AbortSignal): Promise<End> {
  if (member.tier === 'local') return await (await needs.inference.ask(ask, signal)).end
  if (needs.cloud === null)
    throw new RippleError('RIPPLE_UPSTREAM_FAILED', { provider: member.model, detail: 'it is off' })
  return needs.cloud.ask(member.model, ask, signal)
}

/** Returns the ask for a member: its model, on its machine, with its seed. */
export function askOf(member: Member, question: Question): Ask {
  const form = formOf(question)
  // Some providers are programs, which know only text.
  const isHeld = form !== null && member.tier === 'local'
  return {
    input: form === null ? question.input : tell(question.input, form),
    format: isHeld ? form.format : (question.format ?? { type: 'text' }),
    model: member.ask,
    key: question.key == null ? null : memberKey(question.key, member),
    max_tokens: question.max_tokens,
    ...member.sampling,
    seed: member.seed,
    stop: [...question.stop],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    trace_id: question.trace_id,
    data_class: question.data_class ?? defaultDataClass,
    principal: question.principal,
  }
}

/**
 * Returns the idempotency key of a member's task, at the greatest length of a key. It covers machine, model file and
 * sampling: if they must change on a retry, that is another task for the same question.
 */
function memberKey(key: string, { index, ask, model_digest, sampling }: Member): string {
  return sha256Hex(canonicalJson([key, index, ask, model_digest, { ...sampling }]))
}

/** Returns the form in which members answer. Null if the question names one, is a text to continue, or may call tools. */
function formOf({ input, format, task_type }: Question): VoteForm | null {
  const isFree = input.type === 'text' ? input.template !== 'none' : callableTools(input).length === 0
  return format === null && isFree ? voteForm(task_type) : null
}

/** Adds the words about the form to a question; in a chat, to its last user's turn. */
function tell(input: Question['input'], { words }: VoteForm): Question['input'] {
  if (input.type === 'text') return { ...input, text: `${input.text}\n\n${words}` }
  const last = Math.max(
    0,
    input.messages.findLastIndex(({ role }) => role === 'user'),
  )
  const messages = input.messages.map((message, at) =>
    at === last ? { ...message, content: `${message.content}\n\n${words}` } : message,
  )
  return { ...input, messages }
}

function reply(member: Member, question: Question, end: End, latency_ms: number): Reply {
  const told = {
    ...silent(member, latency_ms),
    peer: end.peer ?? member.peer,
    task: end.task ?? null,
    receipt: end.receipt ?? null,
    finish: end.finish ?? null,
    ...end.usage,
  }
  const found = end.model_digest ?? null
  if (member.model_digest !== null && found !== null && found !== member.model_digest)
    return { ...told, outcome: 'failed', code: 'other_model' }
  const { task_type } = question
  // A review keeps its reason with its verdict.
  const isBare = formOf(question) === null || task_type === 'review'
  const said = isBare ? end.text : answerIn(end.text)
  const response_hash = said === null ? null : hashOf(task_type, said)
  return {
    ...told,
    model_digest: member.model_digest ?? found,
    outcome: response_hash === null ? 'unusable' : 'answered',
    response_hash,
    response_digest: sha256Hex(said ?? end.text),
    response: said ?? end.text,
  }
}

function silent(member: Member, latency_ms: number): Reply {
  const { ask: _name, sampling, ...rest } = member
  return {
    ...rest,
    temperature_milli: sampling.temperature_milli,
    outcome: 'failed',
    code: null,
    finish: null,
    task: null,
    receipt: null,
    latency_ms,
    tokens_in: 0,
    tokens_out: 0,
    response_hash: null,
    response_digest: null,
    response: null,
  }
}
