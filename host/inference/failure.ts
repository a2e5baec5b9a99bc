/** Explains why an ask has no answer. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view/view.ts'
import { catalogue } from '../models/catalogue.ts'
import type { Decision } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { KnownModel } from './names.ts'

/** Errors in a worker's Result that the ask itself causes, so no other worker would do better. */
const faults = {
  context_too_long: ({ model, payload: { parameters } }: Asked) => {
    const { context_tokens: max } = parameters
    return new RippleError('RIPPLE_CONTEXT_TOO_LONG', { model: model.name, tokens: `more than ${max}`, max })
  },
  prompt_fatal: ({ model }: Asked) => {
    const detail = `as a machine that has ${model.name} says`
    return new RippleError('RIPPLE_PROMPT_FATAL', { detail })
  },
  model_not_chat: ({ model }: Asked) => new RippleError('RIPPLE_MODEL_NOT_CHAT', { model: model.name }),
  body_invalid: ({ model }: Asked) => {
    const detail = `${model.name} cannot be asked for an answer of that form`
    return new RippleError('RIPPLE_BODY_INVALID', { detail })
  },
} as const

/** An ask and its model. */
interface Asked {
  readonly model: KnownModel
  readonly payload: InferencePayload
}

/** An ask whose task has no answer. */
interface Failed {
  readonly model: Pick<KnownModel, 'name' | 'at'>
  /** Whether the client named the task's key. */
  readonly keyed: boolean
}

/**
 * Returns why no machine can answer an ask, by the last failed attempt; null while one may. A single machine's report that a
 * prompt is too long does not count if this machine can show that it fits.
 */
export function faultOf({ attempts }: TaskView, asked: Asked, self: AgentKey): RippleError | null {
  const last = attempts.at(-1)
  const code = last?.ended?.code ?? ''
  if (!Object.hasOwn(faults, code)) return null
  const saidBy = new Set(attempts.filter(({ ended }) => ended?.code === code).map(({ worker }) => worker))
  const isDoubtful = code === 'context_too_long' && saidBy.size === 1 && !saidBy.has(self)
  if (isDoubtful && surelyFits(asked, self)) return null
  return faults[code as keyof typeof faults](asked)
}

/**
 * Whether a prompt surely fits, by this machine's own file or by the model list. No tokenizer makes more tokens than bytes.
 * The cards of other machines prove nothing about a model.
 */
function surelyFits({ model, payload }: Asked, self: AgentKey): boolean {
  const isHere = model.at.some(({ agent }) => agent === self)
  const listed = catalogue.find(({ sha256 }) => sha256 === model.digest)
  const known = isHere ? model.context_tokens : (listed?.context_tokens ?? 0)
  const bytes = Buffer.byteLength(JSON.stringify(payload.input))
  return bytes + limits.template_tokens < Math.min(known, payload.parameters.context_tokens)
}

/**
 * Returns why a closed task has no answer. `decision` is that of this machine's own policy.
 * `RIPPLE_ANSWER_REFUSED`: no machine runs it, and another try would not help.
 * `RIPPLE_ANSWER_KEY_SPENT`: the client's own key is spent, so only another key helps.
 * `RIPPLE_ANSWER_EXPIRED`: all machines were busy.
 * `RIPPLE_ANSWER_FAILED`: any other reason.
 */
export function failureOf(view: TaskView, asked: Failed, decision: Decision | null): RippleError {
  const {
    keyed,
    model: { name: model },
  } = asked
  const { id, ended } = view
  if (ended?.why === 'refused')
    return new RippleError('RIPPLE_ANSWER_REFUSED', { model, detail: refusalsOf(view, asked, decision), id })
  const seconds = Math.round((ended?.ms ?? 0) / 1_000)
  const isBusy = ended?.why === 'queue'
  const retry_after_s = limits.busy_retry_after_s
  const said = refusalsOf(view, asked, decision) || 'none of them could be asked'
  if (isBusy && !keyed)
    return new RippleError('RIPPLE_ANSWER_EXPIRED', { model, seconds, said, retry_after_s, id })
  const detail = isBusy ? `no machine that has it became free within ${seconds} s: ${said}` : endOf(view)
  return keyed
    ? keySpent(view, asked, detail)
    : new RippleError('RIPPLE_ANSWER_FAILED', { model, detail, id })
}

/** Lists the refusals of a task: the reasons of this machine's policy, and the codes of other machines. */
function refusalsOf(
  // A view that an older daemon persisted has no refusals.
  { refusals = [], poster }: TaskView,
  { model }: Pick<Failed, 'model'>,
  decision: Decision | null,
): string {
  const nameOf = (peer: AgentKey) => model.at.find(({ agent }) => agent === peer)?.name || peer.slice(0, 14)
  return refusals
    .map(({ peer, code }) => {
      if (peer !== poster) return `${nameOf(peer)} (${code})`
      if (decision === null) return `this machine (${code})`
      return `this machine (${code}: policy '${decision.policy.name}', ${decision.reasons.join(', ')})`
    })
    .join('; ')
}

/** Returns `RIPPLE_ANSWER_KEY_SPENT`: the key of a task yields no answer any more, for the reason in `detail`. */
export function keySpent(
  { id }: Pick<TaskView, 'id'>,
  { model }: { readonly model: Pick<KnownModel, 'name'> },
  detail: string,
): RippleError {
  const see = `ripple task why ${id}`
  return new RippleError('RIPPLE_ANSWER_KEY_SPENT', { model: model.name, detail, key: id, see })
}

function endOf({ attempts, ended, state }: TaskView): string {
  const last = attempts.at(-1)
  const how = last?.ended ? said(last.ended.why, last.ended.code ?? last.verdict) : (ended?.why ?? '')
  return `its task ${state === 'failed' ? 'failed' : `was ${state}`}: ${how}`
}

function said(why: string, more: string | null): string {
  return more === null ? why : `${why} (${more})`
}
