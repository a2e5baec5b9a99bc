/** Reads requests for continuations of texts. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { fieldError, listOf, parseBody, unsupported } from './parse.ts'
import {
  answersOf,
  idleFields,
  type Streaming,
  samplersIn,
  samplingFields,
  samplingOf,
  streamingOf,
} from './sampling.ts'

/** A request to continue texts. */
export interface CompletionRequest extends Streaming {
  /** The ask for the first answer, and those for the others: prompt by prompt, and then by number. */
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  readonly more: readonly Omit<Ask, 'key' | 'trace_id'>[]
  /** Whether each answer begins with its prompt, and whether its tokens are scored. */
  readonly echo: boolean
  readonly logprobs: boolean
  readonly ignored: readonly string[]
  /** Sampling fields, which an ensemble ignores. */
  readonly samplers: readonly string[]
}

const text = z.string().min(1)
const token = z.int().min(0)
const prompts = limits.completion_prompts_max

/** A prompt: a text, or tokens of the model. */
type GivenPrompt = string | number[]

/** The body of `POST /v1/completions`. */
export const completionRequest = z.object({
  ...samplingFields,
  prompt: z.union(
    [
      text,
      listOf(text, prompts),
      listOf(token, limits.prompt_tokens_max),
      listOf(listOf(token, limits.prompt_tokens_max), prompts),
    ],
    { error: `neither a text, nor tokens, nor a list of 1 to ${prompts} of them` },
  ),
  /** Ripple's own field. `auto` makes the prompt a turn if the model has a chat template, as `ripple ask` does. */
  template: z.enum(['none', 'auto']).nullish(),
  /** Whether the answer begins with the prompt. */
  echo: z.boolean().nullish(),
  suffix: unsupported((value) => value === '', 'nothing is filled in before a text'),
  best_of: unsupported((value) => value === 1, 'a request gets each answer as it is'),
  /** The number of likeliest tokens to name at each place. */
  logprobs: z.int().min(0).max(limits.top_logprobs_max).nullish(),
})

/** Reads the body of `POST /v1/completions`. Throws `RIPPLE_BODY_INVALID`. */
export function readCompletion(body: unknown): CompletionRequest {
  refuseManyPrompts(body)
  const { data, ignored } = parseBody(completionRequest, body, idleFields)
  const template = data.template ?? 'none'
  const given = promptsOf(data.prompt)
  if (given.length * (data.n ?? 1) > prompts)
    throw fieldError('n', `more than ${prompts} answers to one request`)
  if (template === 'auto' && (data.echo || data.logprobs != null))
    throw fieldError('template', "'auto' adds words to the prompt, so it has no 'echo' and no 'logprobs'")
  // An answer to a turn ends by itself. A continuation of a text does not.
  const usual = template === 'none' ? limits.completion_tokens_default : null
  const sampling = samplingOf(data, data.max_tokens ?? usual)
  // The engine gives the text of a prompt's tokens with their scores.
  const isScored = data.logprobs != null || data.echo === true
  const logprobs = { top: data.logprobs ?? 0, prompt: data.echo === true }
  const askOf = (prompt: GivenPrompt): CompletionRequest['ask'] => ({
    ...sampling,
    input: typeof prompt === 'string' ? { type: 'text', text: prompt, template } : tokensOf(prompt, template),
    format: { type: 'text' },
    ...(isScored ? { logprobs } : {}),
  })
  const [first, ...more] = given.flatMap((prompt) => answersOf(askOf(prompt), data))
  if (first === undefined) throw new RangeError('there is no prompt')
  return {
    ask: first,
    more,
    ...streamingOf(data),
    echo: data.echo === true,
    logprobs: data.logprobs != null,
    ignored,
    samplers: samplersIn(data),
  }
}

/** Throws if there are too many prompts. The field's own error would be about tokens, which a list may be too. */
function refuseManyPrompts(body: unknown): void {
  const given: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'prompt') : undefined
  if (Array.isArray(given) && given.length > prompts && typeof given[0] !== 'number')
    throw fieldError('prompt', `more than ${prompts} prompts`)
}

function promptsOf(prompt: z.output<typeof completionRequest>['prompt']): GivenPrompt[] {
  if (typeof prompt === 'string') return [prompt]
  const [first] = prompt
  return typeof first === 'number' ? [prompt as number[]] : (prompt as GivenPrompt[])
}

function tokensOf(tokens: number[], template: 'none' | 'auto'): CompletionRequest['ask']['input'] {
  if (template === 'auto') throw fieldError('template', "'auto' needs a prompt that is text")
  return { type: 'text', text: '', template, tokens }
}
