/** Writes log probabilities of tokens in the two forms that OpenAI has. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { AnswerEnd, Ask } from '../../types/answer.ts'
import { readScoredAnswer, type ScoredAnswer, type ScoredToken } from '../../types/scored-answer.ts'

/** An answer's text, and the scores of its tokens; null if they were not asked for. */
export interface Scored {
  readonly text: string
  readonly scores: ScoredAnswer | null
}

/** Returns the text of an answer, with its scores if the ask wanted them. Throws `RIPPLE_ANSWER_INVALID`. */
export function scoredOf({ logprobs }: Pick<Ask, 'logprobs'>, { text, model }: AnswerEnd): Scored {
  if (logprobs === undefined) return { text, scores: null }
  const scores = readScoredAnswer(text)
  if (scores === null)
    throw new RippleError('RIPPLE_ANSWER_INVALID', { model, detail: 'it has no log probabilities' })
  return { text: scores.text, scores }
}

/** A token without a score: OpenAI's number for one that is most unlikely. */
const UNSCORED = -9999

/** Returns the log probabilities of a chat's answer. */
export function chatLogprobs({ answer }: ScoredAnswer) {
  const content = answer.filter(([text]) => text !== '')
  return {
    content: content.map(([token, logprob, top]) => ({
      ...named(token, logprob ?? UNSCORED),
      top_logprobs: top.map(([one, value]) => named(one, value)),
    })),
    refusal: null,
  }
}

function named(token: string, logprob: number) {
  // A token with a part of a character has no text of its own, and its bytes are not known here.
  return { token, logprob, bytes: token.includes('\ufffd') ? null : [...Buffer.from(token)] }
}

/** Returns the log probabilities of a continuation, with those of its prompt if the prompt is repeated. */
export function completionLogprobs({ prompt, answer }: ScoredAnswer) {
  const tokens = [...prompt, ...answer]
  let offset = 0
  const text_offset = tokens.map(([text]) => {
    offset += text.length
    return offset - text.length
  })
  return {
    tokens: tokens.map(([text]) => text),
    token_logprobs: tokens.map(([, logprob]) => logprob),
    top_logprobs: tokens.map(topOf),
    text_offset,
  }
}

/** Returns the likeliest tokens by text, and the token itself. Of two tokens with one text the likelier counts. */
function topOf([text, logprob, top]: ScoredToken): Record<string, number> | null {
  if (logprob === null) return null
  const named = top.some(([, value]) => value === logprob) ? top : [...top, [text, logprob] as const]
  return Object.fromEntries([...named].reverse())
}
