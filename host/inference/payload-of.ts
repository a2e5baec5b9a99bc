import { limits } from '../limits.ts'
import type { Ask } from '../types/answer.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { KnownModel } from './names.ts'

/** What an answer of a provider rests on: two asks that are alike in this are the same to it. */
export type ProviderAsk = Omit<Ask, 'model' | 'key' | 'trace_id' | 'data_class' | 'strict_tools'>

/** That part of an ask. */
export function providerAskOf({
  model: _,
  key: _key,
  trace_id: _trace,
  data_class: _class,
  strict_tools: _strict,
  ...asked
}: Ask): ProviderAsk {
  return asked
}

/**
 * What a worker gets of an ask: the seed is drawn where none was named, and the context is as large as prompt and answer may need, in
 * powers of two, so that asks of like size share a loaded context.
 */
export function payloadOf(ask: Ask, model: KnownModel, anySeed: () => number): InferencePayload {
  const { input, format, stop, penalties, temperature_milli, top_p_milli, top_k } = ask
  const max_tokens = input.type === 'embed' ? 1 : (ask.max_tokens ?? limits.answer_tokens_default)
  const bytes = Buffer.byteLength(JSON.stringify(input))
  const needed = Math.max(bytes + max_tokens + limits.template_tokens, limits.context_tokens_min)
  const context_tokens = Math.min(2 ** Math.ceil(Math.log2(needed)), model.context_tokens)
  return {
    input,
    format,
    stop: [...stop],
    penalties,
    parameters: { max_tokens, temperature_milli, top_p_milli, top_k, context_tokens },
    seed: ask.seed ?? anySeed(),
  }
}
