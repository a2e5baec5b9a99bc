import { z } from 'zod'
import type { TaskResult } from '../../zomes-bindings/generated/TaskResult.ts'
import { answerShape } from '../engine/grammar/answer.ts'
import { fits } from '../engine/grammar/fits.ts'
import { readJson } from '../engine/grammar/read-json.ts'
import { limits } from '../limits.ts'
import type { InferencePayload } from '../types/inference.ts'
import { callableTools } from '../types/tool-answer.ts'

const vectors = z.strictObject({ vectors: z.array(z.base64().min(1)) })

/**
 * Why an answer has not the form that was asked for, or null. JSON is held to what the grammar carries of its schema, that of the
 * tools' arguments too. A text that may have been cut short has to be the beginning of such an answer: by its last token, by a
 * stop word, or because it `goesOn` with the answer of an attempt whose tokens nobody here has counted.
 */
export function wrongForm(
  text: string,
  asked: Pick<InferencePayload, 'input' | 'format' | 'stop' | 'parameters'>,
  { usage }: Pick<TaskResult, 'usage'>,
  goesOn: boolean,
): string | null {
  const { input, stop, parameters } = asked
  if (input.type === 'embed')
    return isVectors(text, input.texts.length) ? null : 'the output is not a vector for each text'
  const isFull =
    usage.tokens_out >= parameters.max_tokens ||
    usage.tokens_in + usage.tokens_out >= parameters.context_tokens
  // With tools a worker leaves stop words to whoever reads the document.
  const isStopped = stop.length > 0 && callableTools(input).length === 0
  return wrongJson(text, asked, goesOn || isFull || isStopped)
}

/** Whether an answer of the form that was asked for can begin so. */
export function mayBegin(text: string, asked: Pick<InferencePayload, 'input' | 'format'>): boolean {
  return wrongJson(text, asked, true) === null
}

/** Why an answer is not the JSON that was asked for, or, where it `isCut`, the beginning of that; null where it is, or any text will do. */
export function wrongJson(
  text: string,
  asked: Pick<InferencePayload, 'input' | 'format'>,
  isCut: boolean,
): string | null {
  const shape = answerShape(asked)
  if (shape === null) return null
  const noJson = 'the output is not the JSON that was asked for'
  // A stranger's text may have as many values as characters.
  if (text.length > limits.answer_form_chars_max) return isCut || parsed(text) !== undefined ? null : noJson
  const read = readJson(text, isCut)
  if (read === null) return noJson
  if (read.root === null || fits(shape, read.root, text)) return null
  return 'the output is JSON of another form than was asked for'
}

function isVectors(text: string, count: number): boolean {
  const given = vectors.safeParse(parsed(text)).data?.vectors ?? []
  return given.length === count && given.every(({ length }) => length === given[0]?.length)
}

/** The document, or undefined where the text is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
