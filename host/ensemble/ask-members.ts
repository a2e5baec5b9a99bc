import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { AnswerEnd, Ask, Inference } from '../types/answer.ts'
import { defaultDataClass } from '../types/data-class.ts'
import { orAborted } from '../types/or-aborted.ts'
import { callableTools } from '../types/tool-answer.ts'
import { canonicalJson, sha256Hex } from '../work/payload.ts'
import type { MemberRecord } from './record.ts'
import { hashOf } from './reduce.ts'
import type { CloudMembers, EnsembleQuery, Member } from './types.ts'
import { verdictFormat, verdictWords } from './verdict.ts'

/** Whom members are asked through. */
export interface AskNeeds {
  readonly inference: Pick<Inference, 'ask'>
  /** Null where no provider may be asked. */
  readonly cloud: CloudMembers | null
}

/** A question as every member gets it. */
export interface Question
  extends Pick<EnsembleQuery, 'input' | 'format' | 'task_type' | 'max_tokens' | 'stop' | 'data_class'> {
  /** Null where the policy wants no trace id in members' requests. */
  readonly trace_id: string | null
  /** Of which the keys of the members' tasks are made; left out or null: each has a new one. */
  readonly key?: string | null
}

/** A member's answer, or why there is none. */
export type Reply = MemberRecord

/** What a member's end tells, whichever tier it is of. */
type End = Pick<AnswerEnd, 'text' | 'model' | 'usage'> & Partial<AnswerEnd>

/**
 * Asks all members at the same moment and resolves, in their order, when the last has answered, failed or run out of its
 * tier's time: a slow one is recorded and not waited for. None is ended because the others already agree, for its answer
 * may still change text and score, and the policy has every answer recorded. An abort ends those that have yet to answer, and
 * the others' answers stay: some may have been paid for. It never rejects.
 * `onFailed` is called with the error of each member that gave no answer.
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
    // Who ignores the signal is not waited for.
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

/** What a member is asked: its model, on its machine, with its seed. */
export function askOf(member: Member, question: Question): Ask {
  const { input, format } = formOf(member, question)
  return {
    input,
    format,
    model: member.ask,
    key: question.key == null ? null : memberKey(question.key, member),
    max_tokens: question.max_tokens,
    ...member.sampling,
    seed: member.seed,
    stop: [...question.stop],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    trace_id: question.trace_id,
    data_class: question.data_class ?? defaultDataClass,
  }
}

/**
 * The idempotency key of a member's task, as long as a key may be. Machine, model file and sampling are part of it: where they have
 * to be others than the first time, that is another task, and no other question.
 */
function memberKey(key: string, { index, ask, model_digest, sampling }: Member): string {
  return sha256Hex(canonicalJson([key, index, ask, model_digest, { ...sampling }]))
}

/**
 * Reviews are asked for in a form that can be counted, unless another is named. Providers are told it in words alone: some of them
 * are programs, which know no form but text.
 */
function formOf({ tier }: Member, { input, format, task_type }: Question): Pick<Ask, 'input' | 'format'> {
  if (format !== null) return { input, format }
  const told = task_type === 'review' ? tellVerdict(input) : null
  if (told === null) return { input, format: { type: 'text' } }
  return { input: told, format: tier === 'cloud' ? { type: 'text' } : verdictFormat }
}

/**
 * What is to be reviewed with the form that a verdict has, in a chat at its last user's turn. Null for a text that is only to be
 * continued, and for a chat whose answer may call tools.
 */
function tellVerdict(input: Question['input']): Question['input'] | null {
  const tell = (text: string): string => `${text}\n\n${verdictWords}`
  if (input.type === 'text') return input.template === 'none' ? null : { ...input, text: tell(input.text) }
  if (callableTools(input).length > 0) return null
  const last = Math.max(
    0,
    input.messages.findLastIndex(({ role }) => role === 'user'),
  )
  const messages = input.messages.map((message, at) =>
    at === last ? { ...message, content: tell(message.content) } : message,
  )
  return { ...input, messages }
}

function reply(member: Member, { task_type }: Question, end: End, latency_ms: number): Reply {
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
  const response_hash = hashOf(task_type, end.text)
  return {
    ...told,
    model_digest: member.model_digest ?? found,
    outcome: response_hash === null ? 'unusable' : 'answered',
    response_hash,
    response_digest: sha256Hex(end.text),
    response: end.text,
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
