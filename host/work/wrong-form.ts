import { z } from 'zod'
import type { TaskResult } from '../../zomes-bindings/generated/TaskResult.ts'
import type { AnswerFormat, InferencePayload } from '../types/inference.ts'

const vectors = z.strictObject({ vectors: z.array(z.base64().min(1)) })
const object = z.record(z.string(), z.unknown())

/**
 * Why an answer has not the form that was asked for, or null. Of a text that was cut short nothing is said: by its last token, by a
 * stop word, or because it `goesOn` with the answer of an attempt whose tokens nobody here has counted.
 */
export function wrongForm(
  text: string,
  { input, format, stop, parameters }: InferencePayload,
  { usage }: Pick<TaskResult, 'usage'>,
  goesOn: boolean,
): string | null {
  if (input.type === 'embed')
    return isVectors(text, input.texts.length) ? null : 'the output is not a vector for each text'
  const isFull =
    usage.tokens_out >= parameters.max_tokens ||
    usage.tokens_in + usage.tokens_out >= parameters.context_tokens
  if (format.type === 'text' || goesOn || isFull || stop.length > 0) return null
  return isJson(text, format) ? null : 'the output is not the JSON that was asked for'
}

function isVectors(text: string, count: number): boolean {
  const given = vectors.safeParse(parsed(text)).data?.vectors ?? []
  return given.length === count && given.every(({ length }) => length === given[0]?.length)
}

function isJson(text: string, { type }: AnswerFormat): boolean {
  const value = parsed(text)
  return type === 'json' ? object.safeParse(value).success : value !== undefined
}

/** The document, or undefined where the text is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
