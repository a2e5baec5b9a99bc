/** Reads requests for continuations of texts. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { listOf, parseBody, refuseTokens, unsupported } from './parse.ts'
import {
  idleFields,
  type Streaming,
  samplersIn,
  samplingFields,
  samplingOf,
  streamingOf,
} from './sampling.ts'

/** A request to continue texts. */
export interface CompletionRequest extends Streaming {
  /** The ask for the first prompt, and those for the others. */
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  readonly more: readonly Omit<Ask, 'key' | 'trace_id'>[]
  readonly ignored: readonly string[]
  /** Sampling fields, which an ensemble ignores. */
  readonly samplers: readonly string[]
}

const text = z.string().min(1)

/** The body of `POST /v1/completions`. */
export const completionRequest = z.object({
  ...samplingFields,
  prompt: z.union([text, listOf(text, limits.completion_prompts_max)], {
    error: `neither a text nor a list of 1 to ${limits.completion_prompts_max} texts`,
  }),
  /** Ripple's own field. `auto` makes the prompt a turn if the model has a chat template, as `ripple ask` does. */
  template: z.enum(['none', 'auto']).nullish(),
  echo: unsupported((value) => value === false, 'the prompt is not repeated'),
  suffix: unsupported((value) => value === '', 'nothing is filled in before a text'),
  best_of: unsupported((value) => value === 1, 'a request gets one answer'),
  logprobs: unsupported(() => false, 'the likelihood of tokens is not available'),
})

/** Reads the body of `POST /v1/completions`. Throws `RIPPLE_BODY_INVALID`. */
export function readCompletion(body: unknown): CompletionRequest {
  refuseTokens(body, 'prompt', 'set your client to send texts (lm-eval: tokenized_requests=False)')
  const { data, ignored } = parseBody(completionRequest, body, idleFields)
  const template = data.template ?? 'none'
  // An answer to a turn ends by itself. A continuation of a text does not.
  const usual = template === 'none' ? limits.completion_tokens_default : null
  const sampling = samplingOf(data, data.max_tokens ?? usual)
  const askOf = (text: string): CompletionRequest['ask'] => ({
    ...sampling,
    input: { type: 'text', text, template },
    format: { type: 'text' },
  })
  const [first = '', ...others] = [data.prompt].flat()
  return {
    ask: askOf(first),
    more: others.map(askOf),
    ...streamingOf(data),
    ignored,
    samplers: samplersIn(data),
  }
}
