import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { createdOf, fingerprintOf, ignoredBy, rippleOf, usageOf } from './answer-head.ts'
import type { CompletionRequest } from './completion-request.ts'
import type { Frames } from './stream-answer.ts'

/** The whole continuation of a text. */
export function completionBody(asked: CompletionRequest, answer: Answer, end: AnswerEnd): object {
  return {
    ...head(answer),
    model: end.model,
    choices: [choice(end.text, end.finish)],
    usage: usageOf(end),
    system_fingerprint: fingerprintOf(end),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** The same in pieces. */
export function completionFrames(asked: CompletionRequest, answer: Answer): Frames {
  const usage = asked.usage ? { usage: null } : {}
  const event = (choices: readonly object[], rest: object = {}) => ({
    ...head(answer),
    model: asked.ask.model,
    choices,
    ...usage,
    ...rest,
  })
  return {
    read: (piece) => piece,
    begin: () => null,
    text: (piece) => event([choice(piece, null)]),
    whole: (end) => end.text,
    end: (end) => {
      const made = { model: end.model, system_fingerprint: fingerprintOf(end) }
      const last = { ...made, ripple: rippleOf(answer, end, ignoredBy(asked, end)) }
      return asked.usage
        ? [event([choice('', end.finish)], made), event([], { ...last, usage: usageOf(end) })]
        : [event([choice('', end.finish)], last)]
    },
  }
}

function head(answer: Answer) {
  return { id: `cmpl-${answer.id}`, object: 'text_completion', created: createdOf(answer) }
}

function choice(text: string, finish_reason: string | null) {
  return { text, index: 0, logprobs: null, finish_reason }
}
