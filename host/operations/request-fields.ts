/** Defines the input fields that several operations share. */
import { z } from 'zod'
import type { ErrorCode } from '../errors/table.ts'
import { limits } from '../limits.ts'
import { dataClasses } from '../types/data-class.ts'
import { refuse } from './operation.ts'

/** The input of an operation that needs none. */
export const nothing = z.strictObject({})

/** The absolute path of a file on the daemon's machine. */
export const pathField = z.string().max(4_096).regex(/^\//, 'not an absolute path')

/** A prompt: text of at most the bytes that a payload carries. */
export const promptField = z
  .string()
  .superRefine(refuse('RIPPLE_PROMPT_EMPTY', (text) => (text.trim() === '' ? {} : null)))
  .superRefine(refuse('RIPPLE_PROMPT_ENCODING', (text) => (text.isWellFormed() ? null : {})))
  .superRefine(
    refuse('RIPPLE_PROMPT_TOO_LARGE', (text) => {
      const bytes = Buffer.byteLength(text)
      return bytes > limits.prompt_bytes_max ? { bytes, max: limits.prompt_bytes_max } : null
    }),
  )

/** The model of a question. */
export const modelField = z
  .string()
  .min(1)
  .max(limits.openai_model_chars_max)
  .default('ripple/auto')
  .describe('the model, by a name that GET /v1/models lists')

/** The most tokens of an answer. */
export const answerTokensField = z
  .int()
  .min(1)
  .max(limits.max_tokens_max)
  .nullable()
  .default(null)
  .describe('most tokens to generate; if left out, as many as the model has room for')

/** The temperature of a sampler. */
export const temperatureField = z.number().min(0).max(2).describe('0 takes the likeliest token each time')

/** The seed of a sampler. */
export const seedField = z
  .int()
  .min(0)
  .max(limits.seed_max)
  .nullable()
  .default(null)
  .describe('seed of the sampler: the run then has an engine to itself, and can be replayed')

/** The idempotency key of a task. */
export const keyField = z
  .string()
  .regex(/^[\x21-\x7e]{16,64}$/, 'a key is 16 to 64 printable ASCII characters without spaces')

/** A key that is made if the request names none. Documents then show no value as the default. */
export const madeKeyField = keyField.default(() => crypto.randomUUID()).meta({ made: true })

/** The data class of a request. */
export const dataClassField = z.enum(dataClasses, `a data class is one of ${dataClasses.join(', ')}`)

/** The name that every log line of a request carries. */
export const traceField = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, 'a trace is 1 to 64 letters, digits, _ . : or -')

/** Codes with which a question to a model is refused or fails. */
export const askErrors: readonly ErrorCode[] = [
  'RIPPLE_PROMPT_EMPTY',
  'RIPPLE_PROMPT_ENCODING',
  'RIPPLE_PROMPT_TOO_LARGE',
  'RIPPLE_PROMPT_FATAL',
  'RIPPLE_MODEL_NOT_FOUND',
  'RIPPLE_MODEL_MISSING',
  'RIPPLE_MODEL_MEMORY',
  'RIPPLE_CONTEXT_TOO_LONG',
  'RIPPLE_ANSWER_EXPIRED',
  'RIPPLE_ANSWER_FAILED',
  'RIPPLE_ANSWER_INVALID',
  'RIPPLE_ANSWER_KEY_SPENT',
  'RIPPLE_ANSWER_REFUSED',
  'RIPPLE_ENGINE_CRASHED',
  'RIPPLE_ENGINE_STALLED',
  'RIPPLE_ENSEMBLE_CLOUD',
  'RIPPLE_ENSEMBLE_NO_MEMBER',
  'RIPPLE_ENSEMBLE_UNANSWERED',
  'RIPPLE_POLICY_REFUSED',
  'RIPPLE_BUSY',
  'RIPPLE_CHAIN_FULL',
  'RIPPLE_CONDUCTOR_DOWN',
  'RIPPLE_DISK_FULL',
  'RIPPLE_UPSTREAM_BUDGET',
  'RIPPLE_UPSTREAM_BUSY',
  'RIPPLE_UPSTREAM_FAILED',
  'RIPPLE_UPSTREAM_FILTERED',
  'RIPPLE_UPSTREAM_KEY',
  'RIPPLE_UPSTREAM_MODEL',
  'RIPPLE_UPSTREAM_NO_KEY',
  'RIPPLE_UPSTREAM_OFF',
  'RIPPLE_UPSTREAM_UNABLE',
  'RIPPLE_UPSTREAM_UNKNOWN',
]
