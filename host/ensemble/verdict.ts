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

/** Words that stand for each verdict. What refuses comes before what it negates. */
const words: ReadonlyArray<readonly [Verdict, RegExp]> = [
  [
    'request_changes',
    /\b(?:request(?:s|ed|ing)?[_ -]changes?|changes[_ -]requested|needs?[_ -](?:work|changes?))\b/g,
  ],
  [
    'reject',
    /\b(?:(?:(?:do|does|must|should|will)\s+not|not|never|cannot|can't|don't|won't|doesn't)\s+(?:be\s+)?(?:approved?|accept(?:ed)?|lgtm|merged?)|disapprov(?:e[sd]?|al)|reject(?:s|ed|ion)?|declined?)\b/g,
  ],
  [
    'approve',
    /\b(?:approve[sd]?|recommend(?:s|ed|ing)?(?: the)? approval|accept(?:ed)?|lgtm|looks good to (?:me|us))\b|^\W*(?:(?:this|it|all|everything) )?looks good\W*$/g,
  ],
]

/** What near a verdict means that it may not be one: a no, a condition, or that it was another time's. */
const hedge =
  /\b(?:no|not|never|nor|neither|nobody|none|nothing|cannot|without|hardly|unable|against|instead|rather|refus\w+|den(?:y|ied|ies)|withh\w+|oppos\w+|object\w*|if|unless|until|once|when|before|after|provided|assuming|pending|await\w*|yet|would|could|should|must|may|might|can|but|however|though|although|except|otherwise|almost|was|were|been|had|mistake|approval|accepts)\b|n't\b/
/** A no by itself, of which nobody knows what it answers. */
const bareNo = /^\W*(?:no|nope|not|false)\W*$/
/** What follows it is a reason. */
const reason = /\b(?:because|since|due to)\b/
/** Where a sentence ends: a wrapped line does not end one. */
const sentenceEnd = /([.!?;:](?=[\s*_`"')\]]|$)|\n\s*\n|\n(?=\s*(?:[-*#>]|\d+\.)))/
const label = /\b(?:verdict|decision|recommendation)[\s*_]*[:=][\s*_`"'#>-]*([^.!?;:\n]*)/g

/** A verdict named in JSON that cannot be read as such; a list of those to choose from, as the form is told, names none. */
const named = /"verdict"\s*:\s*"([^"]*)"\s*(?=[,}]|$)/

/** What a sentence says: null where no verdict is in it. */
type Stand = Verdict | 'unclear' | null

/**
 * The verdict of a review: the field of its JSON, also of one that was cut off; else what a label such as 'Verdict:' names; else what
 * all sentences with a verdict agree on. Null where there is none, or one may be negated, conditional or another than the others: a
 * refusal that counts as approval is worse than a vote that is lost. Pure.
 */
export function verdictOf(text: string): Verdict | null {
  // Words of the reason must not decide where a verdict is named.
  const json = fromJson(text) ?? named.exec(text)?.[1]
  if (json !== undefined) return agreed([standOf(plain(json))])
  const said = plain(text)
  const labelled = [...said.matchAll(label)].map(([, value = '']) => standOf(value))
  return agreed(labelled.length > 0 ? labelled : sentencesOf(said).map(standOf))
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

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('’', "'")
}

/** The sentences that are no questions. */
function sentencesOf(said: string): string[] {
  // Of what is split by a group every other part is what the group holds.
  const parts = said.split(sentenceEnd)
  return parts.filter((_part, at) => at % 2 === 0 && parts[at + 1] !== '?')
}

function standOf(sentence: string): Stand {
  if (bareNo.test(sentence)) return 'unclear'
  let rest = sentence.split(reason)[0] ?? ''
  const found = new Set<Verdict>()
  for (const [verdict, pattern] of words)
    rest = rest.replace(pattern, () => {
      found.add(verdict)
      return ' '
    })
  const [one = null] = found
  return found.size > 1 || (one !== null && hedge.test(rest)) ? 'unclear' : one
}

/** What all that say something say. */
function agreed(stands: readonly Stand[]): Verdict | null {
  const [one = null, ...others] = new Set(stands.flatMap((stand) => stand ?? []))
  return others.length > 0 || one === 'unclear' ? null : one
}
