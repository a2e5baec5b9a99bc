/** Builds the payload of an ask. */
import { limits } from '../limits.ts'
import type { Ask } from '../types/answer.ts'
import type { InferencePayload } from '../types/inference.ts'
import type { KnownModel } from './names.ts'

/** The part of an ask that decides a provider's answer. Two asks with equal parts are the same to it. */
export type ProviderAsk = Omit<
  Ask,
  'model' | 'key' | 'trace_id' | 'data_class' | 'principal' | 'strict_tools' | 'target' | 'exclude'
>

/** Returns this part of an ask. */
export function providerAskOf({
  model: _,
  key: _key,
  trace_id: _trace,
  data_class: _class,
  principal: _principal,
  strict_tools: _strict,
  target: _target,
  exclude: _exclude,
  ...asked
}: Ask): ProviderAsk {
  return asked
}

/** The bounds of an answer on the machine that runs it. */
export interface AnswerBounds {
  /** Most tokens of an answer without `max_tokens`: the owner's policy would refuse more. Null without a bound. */
  readonly tokensMax: number | null
  /** The least context of an answer without `max_tokens`, or with a large one; 0 if memory is short. */
  readonly contextTokens: number
}

const usualBounds: AnswerBounds = { tokensMax: null, contextTokens: limits.answer_context_tokens }

/**
 * Returns the payload for a worker. The seed is random if the ask names none. The context is as large as prompt and answer may
 * need, in powers of two, so asks of similar size share a loaded context.
 */
export function payloadOf(
  ask: Ask,
  model: KnownModel,
  anySeed: () => number,
  bounds = usualBounds,
): InferencePayload {
  const { input, format, stop, penalties, temperature_milli, top_p_milli, top_k, logprobs, logit_bias } = ask
  const wanted = input.type === 'embed' ? 1 : (ask.max_tokens ?? bounds.tokensMax)
  const least = Math.min(bounds.contextTokens, model.context_tokens)
  const bytes = sizeOfInput(input)
  const { max_tokens, context_tokens } = sizeOf(bytes, wanted, model.context_tokens, least)
  return {
    input,
    format,
    stop: [...stop],
    penalties,
    parameters: { max_tokens, temperature_milli, top_p_milli, top_k, context_tokens },
    seed: ask.seed ?? anySeed(),
    ...(logprobs ? { logprobs } : {}),
    ...(logit_bias ? { logit_bias } : {}),
  }
}

/** Returns the most tokens of an input: a token has at least one byte. */
function sizeOfInput(input: Ask['input']): number {
  if (input.type === 'text' && input.tokens) return input.tokens.length
  return Buffer.byteLength(JSON.stringify(input))
}

/**
 * Chooses the context, and the most tokens to generate after a prompt of `bytes` bytes. `wanted` is an upper bound; null takes
 * all that the context leaves. Each token has at least one byte.
 */
function sizeOf(
  bytes: number,
  wanted: number | null,
  most: number,
  least: number,
): Pick<InferencePayload['parameters'], 'max_tokens' | 'context_tokens'> {
  const { named, unnamed } = limits.answer_tokens_sure
  const sure = wanted === null ? unnamed : Math.min(wanted, named)
  const needed = Math.max(bytes + sure + limits.template_tokens, limits.context_tokens_min)
  const isSmall = wanted !== null && wanted <= named
  const roomy = isSmall ? needed : Math.max(needed, least)
  const context_tokens = Math.min(2 ** Math.ceil(Math.log2(roomy)), most)
  return { max_tokens: isSmall ? wanted : Math.min(wanted ?? most, context_tokens), context_tokens }
}
