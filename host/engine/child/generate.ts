import {
  InsufficientMemoryError,
  type LlamaContext,
  type SequenceEvaluateOptions,
  type Token,
} from 'node-llama-cpp'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Backend } from './backend.ts'
import type { RunRequest } from './messages.ts'
import { type LoadedModel, memoryError } from './model.ts'
import { TextStream } from './text-stream.ts'

/** llama.cpp takes this seed for 'choose one by chance'. */
const RANDOM_SEED = 0xffff_ffff

/** How many tokens went in and came out. */
export interface TokenCount {
  readonly tokens_in: number
  readonly tokens_out: number
}

/**
 * Runs one prompt in a context of its own, so that nothing of an earlier run can reach it. Rejects with
 * `RIPPLE_CONTEXT_TOO_LONG`, and with the signal's reason between two tokens once it is aborted.
 */
export async function generate(
  backend: Backend,
  loaded: LoadedModel,
  request: RunRequest,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<TokenCount> {
  const prompt = loaded.tokenize(request.prompt, request.template)
  const room = roomFor(prompt.length, loaded, request)
  const context = await createContext(backend, loaded, request, prompt.length + room)
  try {
    const tokens_out = await decode(context, prompt, room, request, onText, signal)
    return { tokens_in: prompt.length, tokens_out }
  } finally {
    await context.dispose()
  }
}

/** Tokens that may be generated. The context never shifts: what the model no longer sees would go unsaid. */
function roomFor(tokens: number, loaded: LoadedModel, { parameters }: RunRequest): number {
  const max = Math.min(parameters.context_tokens, loaded.model.trainContextSize)
  if (tokens >= max) throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens, max })
  return Math.min(max - tokens, parameters.max_tokens, limits.max_tokens_max)
}

/** The context is as large as this run needs, not as large as the model allows: that is the larger part of its memory. */
async function createContext(
  backend: Backend,
  loaded: LoadedModel,
  request: RunRequest,
  contextSize: number,
): Promise<LlamaContext> {
  try {
    return await loaded.model.createContext({ contextSize, threads: backend.threads })
  } catch (error) {
    if (error instanceof InsufficientMemoryError) throw memoryError(request, error)
    throw error
  }
}

async function decode(
  context: LlamaContext,
  prompt: Token[],
  room: number,
  request: RunRequest,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const stream = new TextStream(context.model, prompt)
  let count = 0
  signal.throwIfAborted()
  if (room === 0) return count
  for await (const token of context.getSequence().evaluate(prompt, sampling(request))) {
    signal.throwIfAborted()
    count += 1
    const text = stream.push(token)
    if (text !== '') onText(text)
    if (count >= room) break
  }
  const rest = stream.end()
  if (rest !== '') onText(rest)
  return count
}

/** Every option is named, so that no default of the binding takes part in what a result attests. */
function sampling({ parameters, seed }: RunRequest): SequenceEvaluateOptions {
  return {
    temperature: parameters.temperature_milli / 1000,
    topP: parameters.top_p_milli / 1000,
    topK: parameters.top_k,
    minP: 0,
    seed: seed % RANDOM_SEED,
  }
}
