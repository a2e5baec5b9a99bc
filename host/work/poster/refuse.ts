/** Refuses posts that cannot succeed. */
import { PAYLOAD_BYTES_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { workers } from '../../mesh/placement/forecast.ts'
import { shortages, shortagesText } from '../../mesh/placement/shortages.ts'
import { mayTakeTask, takesTask } from '../../mesh/state/chain-capacity.ts'
import { lacks } from '../../mesh/state/lacks.ts'
import type { MeshState } from '../../mesh/state/state.ts'
import type { EntryOf, Millis } from '../../types/events.ts'
import type { InferenceInput, InferencePayload } from '../../types/inference.ts'
import { encodePayload } from '../context/payload.ts'

/**
 * Throws the fault of a payload: `RIPPLE_PROMPT_EMPTY`, `RIPPLE_PROMPT_ENCODING` or `RIPPLE_PROMPT_TOO_LARGE`. Throws
 * `RIPPLE_BODY_INVALID` where the prompt alone would fit, and the form of the answer leaves no room for it.
 */
export function refuseBadPayload(payload: InferencePayload): void {
  refuseBadInput(payload.input)
  // A line break or a quote takes two bytes here where it has one in the prompt, a control character six.
  const bytes = encodePayload(payload).length
  const max = PAYLOAD_BYTES_MAX
  if (bytes <= max) return
  const plainBytes = encodePayload({ ...payload, format: { type: 'text' } }).length
  if (plainBytes > max) throw new RippleError('RIPPLE_PROMPT_TOO_LARGE', { bytes: plainBytes, max })
  const detail = `with its form the request has ${bytes} bytes as JSON, more than ${max}`
  throw new RippleError('RIPPLE_BODY_INVALID', { detail, param: 'format' })
}

function refuseBadInput(input: InferenceInput): void {
  const isText = input.type === 'text' && input.tokens === undefined
  const prompt = isText ? input.text : JSON.stringify(input)
  const bytes = Buffer.byteLength(prompt)
  if (bytes === 0) throw new RippleError('RIPPLE_PROMPT_EMPTY')
  if (!prompt.isWellFormed()) throw new RippleError('RIPPLE_PROMPT_ENCODING')
  if (bytes > limits.prompt_bytes_max)
    throw new RippleError('RIPPLE_PROMPT_TOO_LARGE', { bytes, max: limits.prompt_bytes_max })
}

/** Throws `RIPPLE_BUSY` when as many own tasks are open as this daemon keeps. */
export function refuseTooMany(state: MeshState): void {
  if (state.open.size >= limits.open_tasks_max) throw busy('the queue of open tasks', limits.open_tasks_max)
}

/** Returns the error for a request beyond a queue's bound. The client may come again after the time that it names. */
export function busy(what: string, max: number): RippleError {
  return new RippleError('RIPPLE_BUSY', { what, max, retry_after_s: limits.busy_retry_after_s })
}

/** Throws `RIPPLE_TASK_TOO_LONG` for a task that may not end while its peers are still in its epoch. */
export function refuseTooLong({ deadlines_ms: { total } }: EntryOf<'Task'>, state: MeshState): void {
  const max = state.config.task_life_ms
  if (total > max) throw new RippleError('RIPPLE_TASK_TOO_LONG', { ms: total, max })
}

/**
 * Throws `RIPPLE_CHAIN_FULL` where the chain has no room for the actions that a task may need. They are kept free, so
 * that a posted task can end.
 */
export function refuseFull(task: EntryOf<'Task'>, state: MeshState, now: Millis): void {
  if (!takesTask(state, task)) throw chainFull(state, now, mayTakeTask(state, task))
}

/**
 * Returns the error for an own chain that takes no more in this epoch. The next epoch's chain takes more. With `soon`
 * this chain may take more too, when open tasks free the actions that they have reserved.
 */
export function chainFull(
  { config: { max_action_seq, epoch_ms } }: MeshState,
  now: Millis,
  soon: boolean,
): RippleError {
  const next = (Math.floor(now / epoch_ms) + 1) * epoch_ms
  const begins = new Date(next).toISOString()
  const left_s = Math.ceil((next - now) / 1_000)
  const retry_after_s = soon ? Math.min(left_s, limits.busy_retry_after_s) : left_s
  return new RippleError('RIPPLE_CHAIN_FULL', { max: max_action_seq, begins, retry_after_s })
}

/**
 * Throws `RIPPLE_TASK_INFEASIBLE` for a task that no known machine can ever run: it would only wait for its end.
 * Machines that are away or busy count as able.
 */
export function refuseInfeasible(task: EntryOf<'Task'>, state: MeshState): void {
  const known = workers(state)
  const missing = shortages(task, known)
  if (known.length > 0 && missing.length === 0) return
  const detail = known.length === 0 ? 'another machine' : shortagesText(missing, known.length)
  throw new RippleError('RIPPLE_TASK_INFEASIBLE', { detail })
}

/**
 * Throws `RIPPLE_FALLBACK_INFEASIBLE` where a stand-in that a person names can never run the task. A machine that is
 * away or busy counts as able.
 */
export function refuseUnfit(task: EntryOf<'Task'>, { peers }: MeshState): void {
  if (task.fallback?.allow.type !== 'agents') return
  for (const agent of task.fallback.allow.agents) {
    const card = peers.get(agent)?.card
    const lacking = card ? lacks(task, card) : []
    if (!card || lacking.length === 0) continue
    const detail = lacking.map(({ needs, has }) => `${needs} (it has ${has})`).join('; ')
    throw new RippleError('RIPPLE_FALLBACK_INFEASIBLE', { peer: card.agent_name, detail })
  }
}
