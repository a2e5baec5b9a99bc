/** Defines the input fields that several verbs share. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { dataClasses } from '../types/data-class.ts'
import { refuse } from './operation.ts'

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

/** The idempotency key of a task. */
export const keyField = z
  .string()
  .regex(/^[\x21-\x7e]{16,64}$/, 'a key is 16 to 64 printable ASCII characters without spaces')

/** The data class of a request. */
export const dataClassField = z.enum(dataClasses, `a data class is one of ${dataClasses.join(', ')}`)

/** The name that every log line of a request carries. */
export const traceField = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, 'a trace is 1 to 64 letters, digits, _ . : or -')
