/** Reads requests for embeddings. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Ask } from '../../types/answer.ts'
import { listOf, parseBody, refuseTokens } from './parse.ts'
import { modelField } from './sampling.ts'

/** A request to embed texts. */
export interface EmbeddingRequest {
  /**
   * The ask for the first batch of texts, and those for the others. Each batch fits into one task, and the batches go to all
   * available machines.
   */
  readonly ask: Omit<Ask, 'key' | 'trace_id'>
  readonly more: readonly Omit<Ask, 'key' | 'trace_id'>[]
  readonly batches: readonly (readonly string[])[]
  readonly encoding: 'float' | 'base64'
  /** The required length of each vector; null: the model's own length. */
  readonly dimensions: number | null
  readonly ignored: readonly string[]
}

const text = z.string().min(1)

/** The body of `POST /v1/embeddings`. */
export const embeddingRequest = z.object({
  model: modelField,
  input: z.union([text, listOf(text, limits.embed_inputs_max)], {
    error: `neither a text nor a list of 1 to ${limits.embed_inputs_max} texts`,
  }),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
  user: z.string().nullish(),
})

/** Reads the body of `POST /v1/embeddings`. Throws `RIPPLE_BODY_INVALID`. */
export function readEmbedding(body: unknown): EmbeddingRequest {
  refuseTokens(
    body,
    'input',
    'set your client to send texts (langchain-openai: check_embedding_ctx_length=False)',
  )
  const { data, ignored } = parseBody(embeddingRequest, body, ({ user }) => (user == null ? [] : ['user']))
  const [first = [], ...others] = batchesOf([data.input].flat())
  const askOf = (texts: string[]): EmbeddingRequest['ask'] => ({
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
  })
  return {
    ask: askOf(first),
    more: others.map(askOf),
    batches: [first, ...others],
    encoding: data.encoding_format ?? 'float',
    dimensions: data.dimensions ?? null,
    ignored,
  }
}

/** Splits texts in order into batches of bounded number and length. A longer text has a batch of its own. */
function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = []
  let bytes = 0
  for (const text of texts) {
    const own = Buffer.byteLength(text)
    const last = batches.at(-1)
    if (last && last.length < limits.embed_texts_max && bytes + own <= limits.embed_batch_bytes_max) {
      last.push(text)
      bytes += own
    } else {
      batches.push([text])
      bytes = own
    }
  }
  return batches
}
