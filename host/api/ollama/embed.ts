/** Reads requests for embeddings in the form of Ollama's API, and writes the vectors. */
import type { Answer } from '../../types/answer.ts'
import { rippleOf } from '../openai/answer-head.ts'
import type { Kind } from '../openai/answer-to.ts'
import { numbersOf, vectorsOf } from '../openai/embedding-answer.ts'
import { type EmbeddingRequest, readEmbedding } from '../openai/embedding-request.ts'
import type { JoinedEnd } from '../openai/joined-answer.ts'
import { nanosecondsSince } from './answer.ts'
import { withPlainModel } from './request.ts'

interface EmbedRequest extends EmbeddingRequest {
  /** The time at which it was read, as `performance.now()` has it. */
  readonly begun: number
}

/** `POST /api/embed`: each vector has the length 1. Texts that are too long are refused, and not cut. */
export const embed: Kind<EmbedRequest> = {
  read: (body) => ({ ...readEmbedding(withPlainModel(body)), begun: performance.now() }),
  body: (asked, answer, end) => ({
    model: end.model,
    embeddings: vectorsOf(asked, end).map(numbersOf),
    total_duration: nanosecondsSince(asked.begun),
    ...(end.usage === null ? {} : { prompt_eval_count: end.usage.tokens_in }),
    ripple: rippleOf(answer, end, asked.ignored),
  }),
}

/** `POST /api/embeddings`: the older form, for one text. */
export const oldEmbed: Kind<EmbeddingRequest> = {
  read: (body) => readEmbedding(withPlainModel(promptAsInput(body))),
  body: (asked: EmbeddingRequest, answer: Answer, end: JoinedEnd) => ({
    embedding: vectorsOf(asked, end).map(numbersOf)[0],
    ripple: rippleOf(answer, end, asked.ignored),
  }),
}

function promptAsInput(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('prompt' in body)) return body
  const { prompt, ...rest } = body
  return { ...rest, input: prompt }
}
