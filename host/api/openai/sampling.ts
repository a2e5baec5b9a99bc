import { z } from 'zod'
import { routedNames } from '../../inference/names.ts'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { type TaskType, taskType, taskTypes } from '../../types/task-type.ts'
import { fieldError, listOf, unsupported } from './parse.ts'

/** Seeds of a task, and numbers of most likely tokens, are no larger. */
const UINT32_MAX = 0xffff_ffff

const penalty = z.number().min(-2).max(2).nullish()
const stopWord = z.string().max(limits.stop_word_chars_max)
/**
 * An upper bound, so any whole number is accepted: the context bounds the answer. Some clients name the largest integer of their
 * language, which is above 2^53.
 */
const tokens = z.number().min(1).refine(Number.isInteger, 'must be a whole number').nullish()

/** The name of a model. */
export const modelField = z.string().min(1).max(limits.openai_model_chars_max)

/** The fields that chats and completions share. What is null is as if it were left out, as OpenAI has it. */
export const samplingFields = {
  model: modelField,
  max_tokens: tokens,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  /** Not OpenAI's, but known to most servers of its kind. */
  top_k: z.int().min(0).max(UINT32_MAX).nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  /** OpenAI's are of 64 bits and may be negative. */
  seed: z.number().refine(Number.isInteger, 'not a whole number').nullish(),
  stop: z
    .union([stopWord, listOf(stopWord, limits.stop_words_max, 0)], {
      error: `a text, or up to ${limits.stop_words_max}, of no more than ${limits.stop_word_chars_max} characters`,
    })
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: unsupported((n) => n === 1, 'a request gets one answer: 1 is all there is'),
  logit_bias: unsupported(
    (bias) => typeof bias === 'object' && bias !== null && Object.keys(bias).length === 0,
    'tokens cannot be weighed',
  ),
  /** Names whoever asks on the other side: here it is whoever has the token. */
  user: z.string().nullish(),
  /** OpenAI's notes of a client about its own request, whatever they are: `taskTypeIn` reads the one that is ours. */
  metadata: z.unknown().optional(),
}

/** What `samplingFields` hold. */
export type Sampling = z.output<z.ZodObject<typeof samplingFields>>

/** How to stream. */
export interface Streaming {
  readonly stream: boolean
  /** Whether the last event counts the tokens. */
  readonly usage: boolean
}

/** The part of an ask that chats and completions say alike. */
type Sampled = Pick<
  Ask,
  | 'model'
  | 'max_tokens'
  | 'temperature_milli'
  | 'top_p_milli'
  | 'top_k'
  | 'seed'
  | 'stop'
  | 'penalties'
  | 'task_type'
>

/** Reads how to sample. `tokens` is how many to generate at most. */
export function samplingOf(given: Sampling, tokens: number | null): Sampled {
  const task_type = taskTypeIn(given)
  const milli = (value: number | null | undefined, usual: number): number =>
    Math.round((value ?? usual) * 1_000)
  return {
    model: given.model,
    max_tokens: tokens === null ? null : Math.min(tokens, limits.max_tokens_max),
    temperature_milli: milli(given.temperature, 1),
    top_p_milli: milli(given.top_p, 1),
    top_k: given.top_k ?? 0,
    seed: given.seed == null ? null : seedOf(given.seed),
    // An empty word would end every answer, which no client means.
    stop: [...new Set([given.stop ?? []].flat())].filter((word) => word !== ''),
    penalties: {
      frequency_milli: milli(given.frequency_penalty, 0),
      presence_milli: milli(given.presence_penalty, 0),
    },
    ...(task_type === null ? {} : { task_type }),
  }
}

/** Maps a seed to one that a task can name, always the same one: a seed that is too large or negative is taken modulo 2^32. */
function seedOf(seed: number): number {
  return Number(BigInt.asUintN(32, BigInt(seed)))
}

/**
 * What kind of task a request says that it is, in OpenAI's `metadata`; null where it says none, or asks a single model, to which
 * that means nothing. Throws `RIPPLE_BODY_INVALID` for a kind that nobody knows.
 */
export function taskTypeIn({ model, metadata }: Pick<Sampling, 'model' | 'metadata'>): TaskType | null {
  const isRouted = Object.values<string>(routedNames).includes(model.toLowerCase())
  if (!isRouted || typeof metadata !== 'object' || metadata === null) return null
  const given: unknown = Reflect.get(metadata, 'task_type')
  if (given === undefined || given === null) return null
  const parsed = taskType.safeParse(given)
  if (parsed.success) return parsed.data
  throw fieldError('metadata.task_type', `one of ${taskTypes.join(', ')}`)
}

/** Fields of the schema that nothing is done with in such a request. Throws as `taskTypeIn` does. */
export function idleFields(given: Pick<Sampling, 'model' | 'metadata' | 'user'>): readonly string[] {
  const idle = given.user == null ? [] : ['user']
  return taskTypeIn(given) === null ? ['metadata', ...idle] : idle
}

/** How a single model is sampled. Members of an ensemble are sampled as the ensemble has it. */
const samplers = ['temperature', 'top_p', 'top_k', 'frequency_penalty', 'presence_penalty'] as const

/** The fields of a request that say how a single model is sampled. */
export function samplersIn(given: Sampling): readonly string[] {
  return samplers.filter((name) => given[name] != null)
}

/** Reads how to stream. Throws `RIPPLE_BODY_INVALID` where it is said how, and not that. */
export function streamingOf({ stream, stream_options }: Sampling): Streaming {
  if (stream_options && stream !== true)
    throw fieldError('stream_options', "only with 'stream': true", 'invalid_value')
  return { stream: stream === true, usage: stream_options?.include_usage === true }
}
