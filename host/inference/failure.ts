import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { TaskView } from '../mesh/view.ts'
import { catalogue } from '../models/catalogue.ts'
import type { Decision } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { KnownModel } from './names.ts'

/** What a worker's Result may say that no other worker would do better: the ask itself is at fault. */
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

/** What was asked, of which model. */
interface Asked {
  readonly model: KnownModel
  readonly payload: InferencePayload
}

/** An ask whose task has no answer. */
interface Failed {
  readonly model: Pick<KnownModel, 'name' | 'at'>
  /** Whether the task's key is one that the client has named. */
  readonly keyed: boolean
}

/**
 * Why an ask cannot be answered by anybody, as the last attempt that failed has it; null while somebody may. One machine's word
 * that a prompt is too long does not count where this one can tell that it fits.
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
 * Whether a prompt fits by what this machine knows of the model itself, by its own file or by the model list: no tokenizer makes
 * more tokens than bytes. What only the cards of others say of a model proves nothing.
 */
function surelyFits({ model, payload }: Asked, self: AgentKey): boolean {
  const isHere = model.at.some(({ agent }) => agent === self)
  const listed = catalogue.find(({ sha256 }) => sha256 === model.digest)
  const known = isHere ? model.context_tokens : (listed?.context_tokens ?? 0)
  const bytes = Buffer.byteLength(JSON.stringify(payload.input))
  return bytes + limits.template_tokens < Math.min(known, payload.parameters.context_tokens)
}

/**
 * Returns why a task that was closed has no answer: `RIPPLE_ANSWER_REFUSED` where no machine runs it and another try
 * would not help, `RIPPLE_ANSWER_KEY_SPENT` where the client's own key is spent, so that only another key helps, else
 * `RIPPLE_ANSWER_EXPIRED` where all machines were busy, and `RIPPLE_ANSWER_FAILED`. `decision` is that of this machine's own policy.
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
  const detail = isBusy
    ? `no machine that has it had a place for it within ${seconds} s: ${said}`
    : endOf(view)
  return keyed
    ? keySpent(view, asked, detail)
    : new RippleError('RIPPLE_ANSWER_FAILED', { model, detail, id })
}

/** Lists who refused a task and why: the reasons of this machine's policy, and the code of another machine. */
function refusalsOf(
  // A view that an older daemon kept has no refusals.
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

/** `RIPPLE_ANSWER_KEY_SPENT`: the key of a task gives no answer any more, for the reason that `detail` says. */
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
