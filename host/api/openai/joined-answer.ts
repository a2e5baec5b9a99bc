/** Joins the answers to several asks of one request, such as several prompts, into one answer. */
import { createHash } from 'node:crypto'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import {
  type Answer,
  type AnswerEnd,
  type AnswerPiece,
  type Ask,
  type Inference,
  receiptsOf,
} from '../../types/answer.ts'
import type { HeaderFields } from './answer-head.ts'

/** The end of one answer, or of several that were joined, each a part. */
export interface JoinedEnd extends AnswerEnd {
  readonly parts?: readonly AnswerEnd[]
}

/** Returns the ends of all asks, in order. */
export function partsOf(end: JoinedEnd): readonly AnswerEnd[] {
  return end.parts ?? [end]
}

/** Returns the index of the ask that the last piece belongs to. */
export function readPart(answer: Answer): number {
  return answer instanceof JoinedAnswer ? answer.part : 0
}

type Keys = HeaderFields & Pick<Ask, 'principal'>

/**
 * Begins the first asks at once, and each other one when the ask `limits.openai_asks_at_once_max` places before it has ended. If
 * one fails, the others are aborted, and the joined answer rejects with that error.
 */
export async function askAll(
  inference: Pick<Inference, 'ask'>,
  asks: readonly Omit<Ask, 'key' | 'trace_id'>[],
  keys: Keys,
  signal: AbortSignal,
): Promise<Answer> {
  const [only] = asks
  if (asks.length === 1 && only !== undefined) return inference.ask({ ...only, ...keys }, signal)
  const others = new AbortController()
  const either = AbortSignal.any([signal, others.signal])
  const stop = (thrown: unknown): never => {
    others.abort(thrown)
    throw thrown
  }
  const begin = async (ask: (typeof asks)[number], index: number): Promise<Answer> => {
    const answer = await inference.ask({ ...ask, ...keys, key: keyOf(keys.key, index) }, either)
    answer.end.catch((thrown: unknown) => others.abort(thrown))
    return answer
  }
  const answers: Promise<Answer>[] = []
  for (const [index, ask] of asks.entries()) {
    const before = answers[index - limits.openai_asks_at_once_max]
    const answer = before ? before.then(({ end }) => end).then(() => begin(ask, index)) : begin(ask, index)
    answer.catch((thrown: unknown) => others.abort(thrown))
    answers.push(answer)
  }
  const [first] = await Promise.all(answers.slice(0, limits.openai_asks_at_once_max)).catch(stop)
  if (first === undefined) throw new RangeError('there is no answer')
  return new JoinedAnswer(first, answers)
}

/** Returns a key for each task of a request with a key; the same request gets the same keys. */
function keyOf(key: string | null, index: number): string | null {
  if (key === null || index === 0) return key
  return createHash('sha256').update(`${key}/${index}`).digest('hex')
}

/** Answers that are generated at the same time and read one after the other. */
class JoinedAnswer implements Answer {
  readonly id: string
  readonly trace_id: string
  readonly created_at: number
  readonly pieces: AsyncIterable<AnswerPiece>
  readonly end: Promise<JoinedEnd>
  /** The index of the answer that the last piece belongs to. */
  part = 0
  readonly #answers: readonly Promise<Answer>[]

  constructor(first: Answer, answers: readonly Promise<Answer>[]) {
    this.#answers = answers
    this.id = first.id
    this.trace_id = first.trace_id
    this.created_at = first.created_at
    this.pieces = this.#read()
    this.end = Promise.all(answers.map((answer) => answer.then(({ end }) => end))).then(joined)
    this.end.catch(() => undefined)
  }

  async *#read(): AsyncGenerator<AnswerPiece> {
    for (const [part, answer] of this.#answers.entries()) {
      const { pieces, end } = await answer
      this.part = part
      let sent = ''
      for await (const piece of pieces) {
        if (piece.type === 'text') sent += piece.text
        yield piece
      }
      const { text, model } = await end
      if (!text.startsWith(sent))
        throw new RippleError('RIPPLE_ANSWER_INVALID', { model, detail: 'it is not what was streamed' })
      if (text.length > sent.length) yield { type: 'text', text: text.slice(sent.length) }
    }
  }
}

/** Joins the ends of several answers: texts, tokens and receipts of all, and everything else of the first. */
function joined(parts: readonly AnswerEnd[]): JoinedEnd {
  const [first] = parts
  if (first === undefined) throw new RangeError('there is no answer')
  return {
    ...first,
    text: parts.map(({ text }) => text).join(''),
    usage: parts.map(({ usage }) => usage).reduce(sum),
    receipts: parts.flatMap(receiptsOf),
    parts,
  }
}

/** Adds two counts; null where one of them is missing. */
function sum(one: AnswerEnd['usage'], two: AnswerEnd['usage']): AnswerEnd['usage'] {
  if (one === null || two === null) return null
  return { tokens_in: one.tokens_in + two.tokens_in, tokens_out: one.tokens_out + two.tokens_out }
}
