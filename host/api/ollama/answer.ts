/** Writes answers in the form of Ollama's API. */
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { parseJson } from '../../types/json.ts'
import { ignoredBy, rippleOf } from '../openai/answer-head.ts'
import { chatFrames, type Said, saidOf } from '../openai/chat-answer.ts'
import type { Frames } from '../openai/stream-answer.ts'
import type { OllamaRequest } from './request.ts'

const NS_PER_MS = 1_000_000

/** Returns the fields of one kind of answer that hold text, and calls of tools. */
export type Part = (text: string, calls: readonly object[]) => object

/** The fields of an answer to `/api/chat`. */
export const chatPart: Part = (content, calls) => ({
  message: { role: 'assistant', content, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
})

/** The fields of an answer to `/api/generate`, which calls no tools. */
export const generatePart: Part = (response) => ({ response })

/** Returns the writer of whole answers of one kind. It throws `RIPPLE_ANSWER_INVALID`. */
export function wholeBody(part: Part) {
  return (asked: OllamaRequest, answer: Answer, end: AnswerEnd): object => {
    const said = saidOf(asked, answer, end)
    return {
      ...head(end.model),
      ...part(said.content ?? '', callsOf(said)),
      ...scoresOf(said),
      ...lastFields(asked, answer, end, said, null),
    }
  }
}

/** Returns the writer of the same as lines: text as it comes, then all calls, then the counts. */
export function lines(part: Part) {
  return (asked: OllamaRequest, answer: Answer): Frames => {
    const { read, whole } = chatFrames(asked, answer)
    const line = (text: string, calls: readonly object[] = [], rest = {}) => ({
      ...head(asked.ask.model),
      ...part(text, calls),
      ...rest,
      done: false,
    })
    const pace = new Pace()
    return {
      whole,
      read: (piece) => {
        pace.heard()
        return read(piece)
      },
      begin: () => [],
      text: (text) => [line(text)],
      ping: line(''),
      end: (end) => {
        const said = saidOf(asked, answer, end)
        const calls = callsOf(said)
        return [
          ...(said.logprobs ? [line(said.content ?? '', [], scoresOf(said))] : []),
          ...(calls.length > 0 ? [line('', calls)] : []),
          { ...head(end.model), ...part('', []), ...lastFields(asked, answer, end, said, pace.ms) },
        ]
      },
    }
  }
}

function head(model: string) {
  return { model, created_at: new Date().toISOString() }
}

function callsOf({ calls }: Said): object[] {
  return calls.map(({ id, function: { name, arguments: json } }) => ({
    id,
    function: { name, arguments: parseJson(json) ?? {} },
  }))
}

function scoresOf({ logprobs }: Said) {
  return logprobs === null ? {} : { logprobs: logprobs.content }
}

/**
 * Returns the last fields of an answer. A duration is left out if this machine does not know it: a peer does not say how long it
 * loaded the model and read the prompt. `generated` is the time of the pieces in milliseconds; null if they were not read.
 */
function lastFields(
  asked: OllamaRequest,
  answer: Answer,
  end: AnswerEnd,
  { finish_reason }: Said,
  generated: number | null,
) {
  const { usage, route } = end
  return {
    done: true,
    done_reason: finish_reason === 'length' ? 'length' : 'stop',
    total_duration: nanosecondsSince(asked.begun),
    ...(usage === null ? {} : { prompt_eval_count: usage.tokens_in, eval_count: usage.tokens_out }),
    // A cached answer was not generated now.
    ...(generated === null || route === 'cache' ? {} : { eval_duration: Math.round(generated * NS_PER_MS) }),
    ripple: rippleOf(answer, end, ignoredBy(asked, end)),
  }
}

/** Returns the nanoseconds since a moment, which is in milliseconds as `performance.now()` has it. */
export function nanosecondsSince(begun: number): number {
  return Math.round((performance.now() - begun) * NS_PER_MS)
}

/** Measures the time between the first piece of an answer and the last. */
class Pace {
  #first: number | null = null
  #last = 0

  heard(): void {
    this.#last = performance.now()
    this.#first ??= this.#last
  }

  /** The time in milliseconds; null with fewer than two pieces. */
  get ms(): number | null {
    return this.#first === null || this.#last === this.#first ? null : this.#last - this.#first
  }
}
