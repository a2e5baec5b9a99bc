/** Defines the answer of a run whose tokens are scored: the text, with the log probabilities of its tokens. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { parseJson } from './json.ts'

const logprob = z.number().min(limits.logprob_min).max(0)

/** A token's text, its log probability (null without a token before it), and the likeliest tokens there, best first. */
const scoredToken = z.tuple([
  z.string(),
  logprob.nullable(),
  z.array(z.tuple([z.string(), logprob])).max(limits.top_logprobs_max),
])

/** The answer. The texts of `answer` begin with those of `text`; the token that ended it has no text. */
const scoredAnswer = z.strictObject({
  /** The prompt's tokens; empty unless they were asked for. */
  prompt: z.array(scoredToken),
  text: z.string(),
  answer: z.array(scoredToken),
})

/** A token with its score. */
export type ScoredToken = z.infer<typeof scoredToken>
/** The answer of a run whose tokens are scored. */
export type ScoredAnswer = z.infer<typeof scoredAnswer>

/**
 * Reads the output of such a run: JSON, so that the Result signs the scores with the text. Null if it has another form.
 */
export function readScoredAnswer(output: string): ScoredAnswer | null {
  return scoredAnswer.safeParse(parseJson(output)).data ?? null
}
