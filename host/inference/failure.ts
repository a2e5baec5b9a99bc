import { RippleError } from '../errors/ripple-error.ts'
import type { TaskView } from '../mesh/view.ts'

/** What a worker's Result may say that no other worker would do better: the ask itself is at fault. */
const faults = {
  context_too_long: 'RIPPLE_CONTEXT_TOO_LONG',
  model_not_chat: 'RIPPLE_MODEL_NOT_CHAT',
  body_invalid: 'RIPPLE_BODY_INVALID',
} as const

/** Why an ask cannot be answered by anybody, as the last attempt that failed has it; null while somebody may. */
export function faultOf({ attempts }: TaskView, model: string, context: number): RippleError | null {
  const code = attempts.at(-1)?.ended?.code ?? ''
  if (!Object.hasOwn(faults, code)) return null
  const tokens = `more than ${context}`
  const detail = `${model} cannot be asked for an answer of that form`
  return new RippleError(faults[code as keyof typeof faults], { model, tokens, max: context, detail })
}

/** Why a task that was closed has no answer. */
export function failureOf(view: TaskView, model: string): RippleError {
  const last = view.attempts.at(-1)
  const how = last?.ended ? said(last.ended.why, last.ended.code ?? last.verdict) : (view.ended?.why ?? '')
  const detail = `its task ${view.state === 'failed' ? 'failed' : `was ${view.state}`}: ${how}`
  return new RippleError('RIPPLE_ANSWER_FAILED', { model, detail, id: view.id })
}

function said(why: string, more: string | null): string {
  return more === null ? why : `${why} (${more})`
}
