/** Writes continuations of texts in OpenAI's format. */
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import type { ScoredAnswer } from '../../types/scored-answer.ts'
import { createdOf, fingerprintOf, ignoredBy, rippleOf, type StreamEvent, usageOf } from './answer-head.ts'
import type { CompletionRequest } from './completion-request.ts'
import { type JoinedEnd, partsOf, readPart } from './joined-answer.ts'
import { completionLogprobs, scoredOf } from './logprobs.ts'
import type { Frames } from './stream-answer.ts'

/** An event of a streamed continuation. */
export type CompletionEvent = StreamEvent<ReturnType<typeof choice>>

/** Returns the whole continuation of each text, in order. */
export function completionBody(asked: CompletionRequest, answer: Answer, end: JoinedEnd): object {
  return {
    ...head(answer),
    model: end.model,
    choices: partsOf(end).map((part, index) => wholeChoice(asked, part, index)),
    usage: usageOf(end),
    system_fingerprint: fingerprintOf(end),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** Returns the same in pieces, one text after the other; all are generated at the same time. */
export function completionFrames(asked: CompletionRequest, answer: Answer): Frames {
  const usage = asked.usage ? { usage: null } : {}
  const isScored = asked.ask.logprobs !== undefined
  const event = (
    choices: CompletionEvent['choices'],
    rest: Partial<CompletionEvent> = {},
  ): CompletionEvent => ({
    ...head(answer),
    model: asked.ask.model,
    choices,
    ...usage,
    ...rest,
  })
  return {
    // Scores are read when they are whole, and the text comes with them.
    read: (piece) => (isScored ? '' : piece),
    begin: () => [],
    text: (piece) => [event([choice(readPart(answer), piece, null)])],
    whole: (end) => (isScored ? '' : end.text),
    end: (end: JoinedEnd) => {
      const parts = partsOf(end)
      const ends = parts.map((part, index) =>
        isScored ? wholeChoice(asked, part, index) : choice(index, '', part.finish),
      )
      const before = ends.slice(0, -1).map((one) => event([one]))
      const made = { model: end.model, system_fingerprint: fingerprintOf(end) }
      const last = { ...made, ripple: rippleOf(answer, end, ignoredBy(asked, end)) }
      return asked.usage
        ? [...before, event(ends.slice(-1), made), event([], { ...last, usage: usageOf(end) })]
        : [...before, event(ends.slice(-1), last)]
    },
  }
}

function head(answer: Answer) {
  return { id: `cmpl-${answer.id}`, object: 'text_completion', created: createdOf(answer) }
}

function choice(
  index: number,
  text: string,
  finish_reason: string | null,
  logprobs: ReturnType<typeof completionLogprobs> | null = null,
) {
  return { text, index, logprobs, finish_reason }
}

function wholeChoice({ ask, more, echo, logprobs }: CompletionRequest, end: AnswerEnd, index: number) {
  const { text, scores } = scoredOf(ask, end)
  const prompt = echo ? promptText(more[index - 1] ?? ask, scores) : ''
  const given = logprobs && scores !== null ? completionLogprobs(scores) : null
  return choice(index, prompt + text, end.finish, given)
}

/** Returns the prompt as it was given, or the text of its tokens. */
function promptText({ input }: CompletionRequest['ask'], scores: ScoredAnswer | null): string {
  if (input.type === 'text' && input.tokens === undefined) return input.text
  return (scores?.prompt ?? []).map(([text]) => text).join('')
}
