/** Computes the vectors of texts. */
import type { LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp'
import { RippleError } from '../../errors/ripple-error.ts'
import type { RunRequest } from './messages.ts'

/**
 * Checks that each text fits into the model's context and counts the tokens of the longest. Throws `RIPPLE_CONTEXT_TOO_LONG`.
 */
export function longestText(model: LlamaModel, texts: readonly string[], { parameters }: RunRequest): number {
  const max = Math.min(parameters.context_tokens, model.trainContextSize)
  // The binding adds the tokens of beginning and end for models that have them.
  const tokens = Math.max(...texts.map((text) => model.tokenize(text).length)) + 2
  if (tokens >= max) throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens, max })
  return tokens
}

/** Returns the vectors of texts, each of length 1, as the JSON of the answer, and the number of tokens that were read. */
export async function embed(
  context: LlamaEmbeddingContext,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly tokens_in: number }> {
  const vectors: string[] = []
  let tokens_in = 0
  for (const text of texts) {
    signal.throwIfAborted()
    tokens_in += context.calculateInputLength(text)
    const { vector } = await context.getEmbeddingFor(text)
    vectors.push(base64Of(unit(vector)))
  }
  return { text: JSON.stringify({ vectors }), tokens_in }
}

function unit(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, 4 * index)
  return bytes.toString('base64')
}
