/** Writes embeddings in OpenAI's format. */
import { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Answer, AnswerEnd } from '../../types/answer.ts'
import { parseJson } from '../../types/json.ts'
import { fingerprintOf, rippleOf } from './answer-head.ts'
import type { EmbeddingRequest } from './embedding-request.ts'
import { type JoinedEnd, partsOf } from './joined-answer.ts'
import { fieldError } from './parse.ts'

/** Bytes of one number. */
const FLOAT_BYTES = 4

/** The answer of a model to texts to embed: each vector as base64 of little-endian float32. */
const vectorsForm = z.object({ vectors: z.array(z.base64().min(1)) })

/** Returns the vectors in OpenAI's form. Throws as `vectorsOf` does. */
export function embeddingBody(asked: EmbeddingRequest, answer: Answer, end: JoinedEnd): object {
  return {
    object: 'list',
    data: vectorsOf(asked, end).map((bytes, index) => ({
      object: 'embedding',
      index,
      embedding: asked.encoding === 'base64' ? bytes.toString('base64') : numbersOf(bytes),
    })),
    model: end.model,
    usage: { prompt_tokens: end.usage?.tokens_in ?? 0, total_tokens: end.usage?.tokens_in ?? 0 },
    system_fingerprint: fingerprintOf(end),
    ripple: rippleOf(answer, end, asked.ignored),
  }
}

/**
 * Returns the vector of each text, as little-endian float32. Throws `RIPPLE_ANSWER_INVALID`, and `RIPPLE_BODY_INVALID` if their
 * length is not the requested one.
 */
export function vectorsOf(asked: EmbeddingRequest, end: JoinedEnd): Buffer[] {
  const vectors = partsOf(end).flatMap((part, index) => partVectors(asked.batches[index]?.length ?? 0, part))
  const size = (vectors[0]?.length ?? 0) / FLOAT_BYTES
  if (vectors.some(({ length }) => length !== size * FLOAT_BYTES))
    throw invalid(end.model, 'its vectors have several lengths')
  if (asked.dimensions !== null && asked.dimensions !== size)
    throw fieldError('dimensions', `the vectors of ${end.model} have ${size}, and are not shortened`)
  return vectors
}

function partVectors(count: number, { text, model }: AnswerEnd): Buffer[] {
  const parsed = vectorsForm.safeParse(parseJson(text))
  const vectors = parsed.success ? parsed.data.vectors.map((vector) => Buffer.from(vector, 'base64')) : []
  const [first] = vectors
  const isWhole = vectors.every(
    ({ length }) => length > 0 && length % FLOAT_BYTES === 0 && length === first?.length,
  )
  if (vectors.length === count && isWhole) return vectors
  throw invalid(model, `not ${count} vectors of one length`)
}

function invalid(model: string, detail: string): RippleError {
  return new RippleError('RIPPLE_ANSWER_INVALID', { model, detail })
}

/** Returns the numbers of a vector. */
export function numbersOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) =>
    bytes.readFloatLE(index * FLOAT_BYTES),
  )
}
