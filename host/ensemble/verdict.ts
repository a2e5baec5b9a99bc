import { z } from 'zod'
import type { AnswerFormat } from '../types/inference.ts'

/** What a review may say. */
export const verdicts = ['approve', 'request_changes', 'reject'] as const
/** What a review says. */
export type Verdict = (typeof verdicts)[number]

/** The form that members are asked to review in. */
export const verdictFormat: AnswerFormat = {
  type: 'schema',
  schema: {
    type: 'object',
    properties: { verdict: { enum: [...verdicts] }, reason: { type: 'string', maxLength: 400 } },
    required: ['verdict', 'reason'],
    additionalProperties: false,
  },
}

/** What members are told of that form, for those whose engine does not hold them to it. */
export const verdictWords =
  'Answer with JSON only: {"verdict": "approve" | "request_changes" | "reject", "reason": "<one sentence>"}'

const answer = z.object({ verdict: z.string() })

/** Words that stand for each verdict, the longer ones first. What refuses comes before what it negates. */
const words: ReadonlyArray<readonly [Verdict, RegExp]> = [
  [
    'request_changes',
    /\b(?:request(?:s|ed|ing)?[_ -]changes?|changes[_ -]requested|needs?[_ -](?:work|changes?))\b/g,
  ],
  [
    'reject',
    /\b(?:(?:not|never|cannot|can't|don't|won't|doesn't)\s+(?:be\s+)?(?:approved?|accept(?:ed)?|lgtm|merge[d]?)|disapprov(?:e[sd]?|al)|reject(?:s|ed|ion)?|declined?)\b/g,
  ],
  ['approve', /\b(?:approv(?:e[sd]?|al)|accept(?:s|ed)?|lgtm|looks good)\b/g],
]

/** A verdict named in JSON that cannot be read as such; a list of those to choose from, as the form is told, names none. */
const named = /"verdict"\s*:\s*"([^"]*)"\s*(?=[,}]|$)/

/**
 * The verdict of a review: the field of its JSON, also of one that was cut off, else the last words that stand for one. Null
 * where it has none. Pure.
 */
export function verdictOf(text: string): Verdict | null {
  // Words of the reason must not decide where a verdict is named.
  return fromWords(fromJson(text) ?? named.exec(text)?.[1] ?? text)
}

/** The verdict that a text's JSON names, whatever stands before and after it. */
function fromJson(text: string): string | null {
  const from = text.indexOf('{')
  if (from === -1) return null
  try {
    return answer.parse(JSON.parse(text.slice(from, text.lastIndexOf('}') + 1))).verdict
  } catch {
    return null
  }
}

function fromWords(text: string): Verdict | null {
  const said = text.normalize('NFKC').toLowerCase().replaceAll('’', "'")
  let last: { readonly verdict: Verdict; readonly from: number; readonly to: number } | null = null
  for (const [verdict, pattern] of words)
    for (const { index: from, 0: word } of said.matchAll(pattern)) {
      const to = from + word.length
      // 'not approved' ends where 'approved' does: what was found first holds the other one.
      if (last === null || from > last.to) last = { verdict, from, to }
    }
  return last?.verdict ?? null
}
