/** Finds out why an answer lacks the form that it was asked in. */
import { z } from 'zod'
import type { TaskResult } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { answerShape } from '../../engine/grammar/answer.ts'
import { matchesShape } from '../../engine/grammar/matches-shape.ts'
import { limits } from '../../limits.ts'
import type { InferencePayload } from '../../types/inference.ts'
import { parseJson } from '../../types/json.ts'
import { readScoredAnswer } from '../../types/scored-answer.ts'
import { callableTools } from '../../types/tool-answer.ts'

const vectors = z.strictObject({ vectors: z.array(z.base64().min(1)) })

/**
 * Returns why an answer lacks the form that was asked for, or null. JSON must fit the part of its schema that the
 * grammar carries, including the schema of the tools' arguments. If the last token or a stop word may have cut the
 * answer short, only a whole document is checked.
 */
export function wrongForm(
  text: string,
  asked: Pick<InferencePayload, 'input' | 'format' | 'stop' | 'parameters' | 'logprobs'>,
  { usage }: Pick<TaskResult, 'usage'>,
): string | null {
  const { input, stop, parameters } = asked
  if (input.type === 'embed')
    return isVectors(text, input.texts.length) ? null : 'the output is not a vector for each text'
  if (asked.logprobs) return wrongScores(text, asked.logprobs, usage)
  const isFull =
    usage.tokens_out >= parameters.max_tokens ||
    usage.tokens_in + usage.tokens_out >= parameters.context_tokens
  // With tools a worker leaves stop words to the reader of the document.
  const isStopped = stop.length > 0 && callableTools(input).length === 0
  return wrongJson(text, asked, isFull || isStopped)
}

/**
 * Returns why an answer is not the JSON that was asked for. Null where it is, where any text will do, or where it may
 * be `cut` and is no document.
 */
export function wrongJson(
  text: string,
  asked: Pick<InferencePayload, 'input' | 'format'>,
  cut: boolean,
): string | null {
  const shape = answerShape(asked)
  if (shape === null) return null
  const value = parseJson(text)
  if (value === undefined) return cut ? null : 'the output is not the JSON that was asked for'
  // A number that was cut may lack digits. A stranger's text may have as many values as characters.
  if ((cut && typeof value === 'number') || text.length > limits.answer_form_chars_max) return null
  return matchesShape(shape, value) ? null : 'the output is JSON of another form than was asked for'
}

function isVectors(text: string, count: number): boolean {
  const given = vectors.safeParse(parseJson(text)).data?.vectors ?? []
  return given.length === count && given.every(({ length }) => length === given[0]?.length)
}

/** Returns why an output lacks the scores that were asked for, or null. The token that ends an answer is scored and not counted. */
function wrongScores(
  text: string,
  { prompt }: NonNullable<InferencePayload['logprobs']>,
  { tokens_in, tokens_out }: TaskResult['usage'],
): string | null {
  const scored = readScoredAnswer(text)
  if (scored === null) return 'the output is not an answer with scores'
  const isWhole = scored.prompt.length === (prompt ? tokens_in : 0) && scored.answer.length <= tokens_out + 1
  return isWhole ? null : 'the output does not score each token'
}
