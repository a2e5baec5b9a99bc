// The forms that members are asked to answer in, so that their answers can be compared.
import { z } from 'zod'
import type { AnswerFormat } from '../../types/inference.ts'
import type { TaskType } from '../../types/task-type.ts'

/** The verdicts of a review. */
export const verdicts = ['approve', 'request_changes', 'reject'] as const

/** The form of an answer: a schema for engines, words for people and programs. */
export interface VoteForm {
  readonly format: AnswerFormat
  readonly words: string
}

const forms: Readonly<Record<'answer' | 'verdict', VoteForm>> = {
  answer: {
    format: formatOf({ answer: { type: 'string' } }),
    words: 'Answer with JSON only: {"answer": "<the answer alone>"}',
  },
  verdict: {
    format: formatOf({ verdict: { enum: [...verdicts] }, reason: { type: 'string', maxLength: 400 } }),
    words:
      'Answer with JSON only: {"verdict": "approve" | "request_changes" | "reject", "reason": "<one sentence>"}',
  },
}

/** Returns the form for a task type; null for code, which is compared unchanged. */
export function voteForm(type: TaskType): VoteForm | null {
  if (type === 'code_generation') return null
  return type === 'review' ? forms.verdict : forms.answer
}

const answered = z.object({ answer: z.union([z.string(), z.number(), z.boolean()]) })
const judged = z.object({ verdict: z.string() })
/** Matches the field of an answer that was cut off. */
const begun = /^\s*\{\s*"answer"\s*:\s*"((?:[^"\\]|\\.)*)$/

/** Returns the answer that a member gave in the form; null without one. An answer that was cut off counts up to the cut. Pure. */
export function answerIn(text: string): string | null {
  const whole = answered.safeParse(objectIn(text))
  if (whole.success) return String(whole.data.answer)
  const cut = begun.exec(text)?.[1]
  return cut === undefined ? null : asText(cut)
}

/** Returns the verdict in a review's form; null without one. Pure. */
export function verdictIn(text: string): string | null {
  const found = judged.safeParse(objectIn(text))
  return found.success ? found.data.verdict : null
}

/** Returns the JSON object in a text, whatever stands before and after it; null without one. */
function objectIn(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  } catch {
    return null
  }
}

function asText(inner: string): string | null {
  try {
    return JSON.parse(`"${inner}"`) as string
  } catch {
    return null
  }
}

function formatOf(properties: Readonly<Record<string, object>>): AnswerFormat {
  const schema = {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
  return { type: 'schema', schema: schema as never }
}
