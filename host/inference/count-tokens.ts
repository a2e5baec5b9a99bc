/** Counts the tokens of a prompt, without an answer and without a task. */
import type { Engine } from '../engine/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Ask, TokenCount } from '../types/answer.ts'
import type { AlarmClock } from '../types/clock.ts'
import { withDeadline } from '../work/context/deadline.ts'
import type { KnownModel, Target } from './names.ts'
import { payloadOf } from './payload-of.ts'

/** The parts of the daemon that count. */
export interface CountNeeds {
  readonly engine: Engine
  readonly clock: AlarmClock
}

/**
 * Counts with the model's own tokenizer and template if this machine has the model in memory and its engine has time, else
 * estimates. Rejects as `Engine.run` does for a prompt that the model cannot read, and with the signal's reason.
 */
export async function countTokens(
  { engine, clock }: CountNeeds,
  ask: Ask,
  target: Target,
  signal: AbortSignal,
): Promise<TokenCount> {
  const model = target.type === 'model' ? target.model : null
  if (model === null || !engine.loaded().some(({ sha256 }) => sha256 === model.digest)) return estimate(ask)
  try {
    const tokens = await withDeadline(clock, limits.count_ms, 'the count of tokens', signal, (late) =>
      countIn(engine, ask, model, late),
    )
    return { tokens, exact: true }
  } catch (thrown) {
    if (!(thrown instanceof RippleError)) throw thrown
    const { tokens } = thrown.facts
    if (thrown.code === 'RIPPLE_CONTEXT_TOO_LONG' && typeof tokens === 'number')
      return { tokens, exact: true }
    if (thrown.code !== 'RIPPLE_TIMEOUT') throw thrown
    return estimate(ask)
  }
}

/** Returns the tokens that a run reads which may generate none: it ends before it needs a context. */
async function countIn(engine: Engine, ask: Ask, model: KnownModel, signal: AbortSignal): Promise<number> {
  const payload = payloadOf(ask, model, () => 0)
  const parameters = { ...payload.parameters, max_tokens: 0, context_tokens: model.context_tokens }
  const job = { ...payload, parameters, model: model.digest, prefix: '', alone: false, onText: () => {} }
  return (await engine.run(job, signal)).usage.tokens_in
}

function estimate({ input }: Ask): TokenCount {
  const bytes = Buffer.byteLength(JSON.stringify(input))
  return { tokens: Math.ceil(bytes / limits.estimated_token_bytes), exact: false }
}
