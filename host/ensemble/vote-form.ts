// The forms that members are asked to answer in, so that their answers can be compared.
import { z } from 'zod'
import type { AnswerFormat } from '../types/inference.ts'
import type { TaskType } from '../types/task-type.ts'

/** What a review may say. */
export const verdicts = ['approve', 'request_changes', 'reject'] as const

/** The form of an answer: for engines as a schema, for people and programs in words. */
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

/** The form for a kind of task; null for code, which is compared as it stands. */
export function voteForm(type: TaskType): VoteForm | null {
  if (type === 'code_generation') return null
  return type === 'review' ? forms.verdict : forms.answer
}

const answered = z.object({ answer: z.union([z.string(), z.number(), z.boolean()]) })
const judged = z.object({ verdict: z.string() })
/** The field of an answer that was cut off. */
const begun = /^\s*\{\s*"answer"\s*:\s*"((?:[^"\\]|\\.)*)$/

/** The answer that a member gave in the form; null where there is none. One that was cut off counts as far as it goes. Pure. */
export function answerIn(text: string): string | null {
  const whole = answered.safeParse(objectIn(text))
  if (whole.success) return String(whole.data.answer)
  const cut = begun.exec(text)?.[1]
  return cut === undefined ? null : asText(cut)
}

/** The verdict in a review's form; null where there is none. Pure. */
export function verdictIn(text: string): string | null {
  const found = judged.safeParse(objectIn(text))
  return found.success ? found.data.verdict : null
}

/** The JSON object in a text, whatever stands before and after it; null where there is none. */
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
