/** Generates answers token by token. */
import type {
  LlamaContextSequence,
  LlamaGrammarEvaluationState,
  SequenceEvaluateOptions,
  Token,
} from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { Answer } from './answer.ts'
import type { Seat } from './contexts.ts'
import type { RunRequest } from './messages.ts'
import type { Prompt } from './prompt.ts'
import type { Listener } from './run.ts'

/** The seed that llama.cpp takes as 'choose a seed at random'. */
const RANDOM_SEED = 0xffff_ffff

/** Most tokens that penalties look back on; the binding requires a bound. */
const PENALISED_TOKENS_MAX = 2 * limits.max_tokens_max

/** The end of a run. */
export interface Generated {
  readonly tokens_in: number
  readonly tokens_out: number
  readonly finish: 'stop' | 'length'
}

/**
 * Generates an answer in a sequence of its own, so that nothing of an earlier run can reach it. The prompt must leave room
 * for the answer. Rejects between two batches with the signal's reason once it is aborted.
 */
export async function generate(
  seat: Seat,
  prompt: Prompt,
  grammar: LlamaGrammarEvaluationState | null,
  request: RunRequest,
  listener: Listener,
  signal: AbortSignal,
): Promise<Generated> {
  signal.throwIfAborted()
  const sequence = seat.context.getSequence()
  // A stop word would cut a JSON document that holds calls or text. The API applies stop words once it has read the document.
  const stop = callableTools(request.input).length > 0 ? [] : request.stop
  const answer = new Answer(seat.context.model, prompt.tokens, stop, request.prefix, listener.onText)
  const part = seat.steps.join()
  try {
    const rest = await readMost(sequence, prompt.tokens, seat, listener, signal)
    const tokens: Token[] = [...prompt.prefix]
    const options = sampling(request, grammar, tokens)
    const finish = await decode(sequence.evaluate(rest, options), { prompt, answer, tokens, seat, signal })
    return { tokens_in: prompt.tokens.length, tokens_out: answer.tokens, finish }
  } finally {
    part[Symbol.dispose]()
    await sequence.dispose()
  }
}

/** Reads all of a prompt except its last piece, and returns that piece. */
async function readMost(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  seat: Seat,
  { onRead }: Listener,
  signal: AbortSignal,
): Promise<Token[]> {
  const { context, steps, pace } = seat
  let from = 0
  while (tokens.length - from > pace.tokens(context.batchSize, steps.others)) {
    await steps.next()
    signal.throwIfAborted()
    // The number of other runs may have changed meanwhile. The last token is left for decoding.
    const to = Math.min(from + pace.tokens(context.batchSize, steps.others), tokens.length - 1)
    const begun = performance.now()
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(from, to))
    pace.took(to - from, performance.now() - begun)
    from = to
    onRead(from)
  }
  return tokens.slice(from)
}

interface Decoding {
  readonly prompt: Prompt
  readonly answer: Answer
  /** The answer's tokens, which penalties look back on. */
  readonly tokens: Token[]
  readonly seat: Seat
  readonly signal: AbortSignal
}

async function decode(
  stream: AsyncGenerator<Token, void>,
  { prompt, answer, tokens, seat, signal }: Decoding,
): Promise<'stop' | 'length'> {
  try {
    for (;;) {
      await seat.steps.next()
      signal.throwIfAborted()
      const { value: token } = await stream.next()
      if (token === undefined || prompt.ends.has(token)) return 'stop'
      tokens.push(token)
      if (answer.push(token)) return 'stop'
      if (answer.tokens >= prompt.room) return 'length'
    }
  } finally {
    await stream.return()
    if (!signal.aborted) answer.end()
  }
}

/** Returns the options of sampling. It names every option, so that a result does not depend on the binding's defaults. */
function sampling(
  { parameters, seed, penalties }: RunRequest,
  grammar: LlamaGrammarEvaluationState | null,
  tokens: Token[],
): SequenceEvaluateOptions {
  const { frequency_milli, presence_milli } = penalties
  return {
    temperature: parameters.temperature_milli / 1000,
    topP: parameters.top_p_milli / 1000,
    topK: parameters.top_k,
    minP: 0,
    seed: seed % RANDOM_SEED,
    ...(grammar === null ? {} : { grammarEvaluationState: grammar }),
    ...(frequency_milli === 0 && presence_milli === 0
      ? {}
      : {
          repeatPenalty: {
            punishTokens: () => tokens,
            maxPunishTokens: PENALISED_TOKENS_MAX,
            penalty: 1,
            frequencyPenalty: frequency_milli / 1000,
            presencePenalty: presence_milli / 1000,
          },
        }),
  }
}
