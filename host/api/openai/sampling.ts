/** Reads the sampling and streaming fields of requests. */
import { z } from 'zod'
import { routedNames } from '../../inference/names.ts'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { type TaskType, taskType, taskTypes } from '../../types/task-type.ts'
import { fieldError, listOf } from './parse.ts'

/** The largest seed of a task, and the largest `top_k`. */
const UINT32_MAX = 0xffff_ffff

const penalty = z.number().min(-2).max(2).nullish()
const stopWord = z.string().max(limits.stop_word_chars_max)
/**
 * An upper bound. Any whole number is accepted, because the context bounds the answer. Some clients send the largest integer of
 * their language, which is above 2^53.
 */
const tokens = z.number().min(1).refine(Number.isInteger, 'must be a whole number').nullish()

/** The name of a model. */
export const modelField = z.string().min(1).max(limits.openai_model_chars_max)

/** The fields that chats and completions share. Null means left out, as with OpenAI. */
export const samplingFields = {
  model: modelField,
  max_tokens: tokens,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  /** An addition to OpenAI's fields that most similar servers have. */
  top_k: z.int().min(0).max(UINT32_MAX).nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  /** OpenAI's seeds have 64 bits and may be negative. */
  seed: z.number().refine(Number.isInteger, 'not a whole number').nullish(),
  stop: z
    .union([stopWord, listOf(stopWord, limits.stop_words_max, 0)], {
      error: `a text, or up to ${limits.stop_words_max}, of no more than ${limits.stop_word_chars_max} characters`,
    })
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  /** The number of answers to each prompt. */
  n: z.int().min(1).max(limits.openai_answers_max).nullish(),
  /** Additions to the logits of tokens, by the tokens' numbers. */
  logit_bias: z
    .record(z.string().regex(/^\d{1,9}$/, 'not the number of a token'), z.number().min(-100).max(100))
    .refine(
      (bias) => Object.keys(bias).length <= limits.logit_bias_max,
      `more than ${limits.logit_bias_max} tokens`,
    )
    .nullish(),
  /** OpenAI's name of the client's user. Ripple ignores it: the token names the user here. */
  user: z.string().nullish(),
  /** A client's notes about its own request. `taskTypeIn` reads Ripple's own one. */
  metadata: z.unknown().optional(),
}

/** The parsed `samplingFields`. */
export type Sampling = z.output<z.ZodObject<typeof samplingFields>>

/** The settings of a stream. */
export interface Streaming {
  readonly stream: boolean
  /** Whether the last event counts the tokens. */
  readonly usage: boolean
}

/** The part of an ask that chats and completions share. */
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
  | 'logit_bias'
>

/** Reads the sampling fields. `tokens` is the most tokens to generate. */
export function samplingOf(given: Sampling, tokens: number | null): Sampled {
  const task_type = taskTypeIn(given)
  const bias = Object.entries(given.logit_bias ?? {})
  const milli = (value: number | null | undefined, usual: number): number =>
    Math.round((value ?? usual) * 1_000)
  return {
    model: given.model,
    max_tokens: tokens === null ? null : Math.min(tokens, limits.max_tokens_max),
    temperature_milli: milli(given.temperature, 1),
    top_p_milli: milli(given.top_p, 1),
    top_k: given.top_k ?? 0,
    seed: given.seed == null ? null : seedOf(given.seed),
    // An empty stop word would end every answer at once, which no client means.
    stop: [...new Set([given.stop ?? []].flat())].filter((word) => word !== ''),
    penalties: {
      frequency_milli: milli(given.frequency_penalty, 0),
      presence_milli: milli(given.presence_penalty, 0),
    },
    ...(task_type === null ? {} : { task_type }),
    ...(bias.length === 0
      ? {}
      : { logit_bias: bias.map(([token, value]) => [Number(token), Math.round(value * 1_000)]) }),
  }
}

/** Returns as many asks as a request wants answers. With a seed, each has the next one, so that the answers differ. */
export function answersOf<T extends Pick<Ask, 'seed'>>(ask: T, { n }: Pick<Sampling, 'n'>): T[] {
  return Array.from({ length: n ?? 1 }, (_, at) =>
    ask.seed === null || at === 0 ? ask : { ...ask, seed: (ask.seed + at) % limits.seed_max },
  )
}

/** Maps a seed to the range of a task's seeds: a seed that is too large or negative is taken modulo 2^32. */
function seedOf(seed: number): number {
  return Number(BigInt.asUintN(32, BigInt(seed)))
}

/**
 * Reads the kind of task from OpenAI's `metadata`; null without one. Null for a single model too, which does not use the kind.
 * Throws `RIPPLE_BODY_INVALID` for an unknown kind.
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

/** Returns the fields of the schema that such a request does not use. Throws as `taskTypeIn` does. */
export function idleFields(given: Pick<Sampling, 'model' | 'metadata' | 'user'>): readonly string[] {
  const idle = given.user == null ? [] : ['user']
  return taskTypeIn(given) === null ? ['metadata', ...idle] : idle
}

/** The sampling fields of a single model. An ensemble decides itself how its members are sampled. */
const samplers = ['temperature', 'top_p', 'top_k', 'frequency_penalty', 'presence_penalty'] as const

/** Returns the sampling fields that a request has. */
export function samplersIn(given: Sampling): readonly string[] {
  return samplers.filter((name) => given[name] != null)
}

/** Reads the settings of a stream. Throws `RIPPLE_BODY_INVALID` for `stream_options` without `stream`. */
export function streamingOf({ stream, stream_options }: Sampling): Streaming {
  if (stream_options && stream !== true)
    throw fieldError('stream_options', "only with 'stream': true", 'invalid_value')
  return { stream: stream === true, usage: stream_options?.include_usage === true }
}
