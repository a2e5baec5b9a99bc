/** Several asks of one request, such as several prompts, whose answers are one answer to its client. */
import { createHash } from 'node:crypto'
import { RippleError } from '../../errors/ripple-error.ts'
import {
  type Answer,
  type AnswerEnd,
  type AnswerPiece,
  type Ask,
  type Inference,
  receiptsOf,
} from '../../types/answer.ts'

/** The end of an answer that may be several; without parts it is one. */
export interface JoinedEnd extends AnswerEnd {
  readonly parts?: readonly AnswerEnd[]
}

/** The ends of all asks, in their order. */
export function partsOf(end: JoinedEnd): readonly AnswerEnd[] {
  return end.parts ?? [end]
}

/** Which of the asks the piece was about that was read last. */
export function readPart(answer: Answer): number {
  return answer instanceof JoinedAnswer ? answer.part : 0
}

type Keys = Pick<Ask, 'key' | 'trace_id' | 'data_class'>

/** Begins all asks at once. Where one fails, the others are ended and the whole rejects with that. */
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
  return new JoinedAnswer(await Promise.all(asks.map(begin)).catch(stop))
}

/** A key of its own for each task of a request that has one: the same for the same request. */
function keyOf(key: string | null, index: number): string | null {
  if (key === null || index === 0) return key
  return createHash('sha256').update(`${key}/${index}`).digest('hex')
}

/** Answers that are read one after the other, though all of them go on at the same time. */
class JoinedAnswer implements Answer {
  readonly id: string
  readonly trace_id: string
  readonly created_at: number
  readonly pieces: AsyncIterable<AnswerPiece>
  readonly end: Promise<JoinedEnd>
  /** Which answer the last piece was of. */
  part = 0
  readonly #answers: readonly Answer[]

  constructor(answers: readonly Answer[]) {
    const [first] = answers
    if (first === undefined) throw new RangeError('there is no answer')
    this.#answers = answers
    this.id = first.id
    this.trace_id = first.trace_id
    this.created_at = first.created_at
    this.pieces = this.#read()
    this.end = Promise.all(answers.map(({ end }) => end)).then(joined)
    this.end.catch(() => undefined)
  }

  async *#read(): AsyncGenerator<AnswerPiece> {
    for (const [part, { pieces, end }] of this.#answers.entries()) {
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

/** One end of several: what each of them says is that of the first, but for text, tokens and receipts. */
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

/** Both together; null where one of them was not counted. */
function sum(one: AnswerEnd['usage'], two: AnswerEnd['usage']): AnswerEnd['usage'] {
  if (one === null || two === null) return null
  return { tokens_in: one.tokens_in + two.tokens_in, tokens_out: one.tokens_out + two.tokens_out }
}
