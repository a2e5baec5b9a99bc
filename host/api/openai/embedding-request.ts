import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { listOf, parseBody } from './parse.ts'
import { modelField } from './sampling.ts'

/** What a client wants embedded. */
export interface EmbeddingRequest {
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  readonly texts: readonly string[]
  readonly encoding: 'float' | 'base64'
  /** How many numbers each vector must have; null: as many as the model gives. */
  readonly dimensions: number | null
  readonly ignored: readonly string[]
}

const text = z.string().min(1)

const embeddingRequest = z.object({
  model: modelField,
  input: z.union([text, listOf(text, limits.embed_texts_max)], {
    error: `neither a text nor a list of 1 to ${limits.embed_texts_max} texts`,
  }),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
  user: z.string().nullish(),
})

/** Reads the body of `POST /v1/embeddings`. Throws `RIPPLE_BODY_INVALID`. */
export function readEmbedding(body: unknown): EmbeddingRequest {
  const { data, ignored } = parseBody(embeddingRequest, body)
  const texts = [data.input].flat()
  return {
    ask: {
      model: data.model,
      input: { type: 'embed', texts },
      format: { type: 'text' },
      stop: [],
      penalties: { frequency_milli: 0, presence_milli: 0 },
      max_tokens: null,
      temperature_milli: 0,
      top_p_milli: 1_000,
      top_k: 0,
      seed: null,
    },
    texts,
    encoding: data.encoding_format ?? 'float',
    dimensions: data.dimensions ?? null,
    ignored,
  }
}
