/** Generates answers token by token. */
import {
  type LlamaContextSequence,
  type LlamaGrammarEvaluationState,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
  TokenBias,
} from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import { callableTools } from '../../types/tool-answer.ts'
import { Answer } from './answer.ts'
import type { Seat } from './contexts.ts'
import type { RunRequest } from './messages.ts'
import type { Prompt } from './prompt.ts'
import type { Listener } from './run.ts'
import { ScoreWriter } from './scores.ts'

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
  const { model } = seat.context
  const scores =
    request.logprobs &&
    new ScoreWriter(request.logprobs, { sequence, prompt: prompt.tokens, seat, listener, signal })
  const onText = scores?.onText ?? listener.onText
  const answer = new Answer(model, prompt.tokens, stop, request.prefix, onText)
  const part = seat.steps.join()
  try {
    const promptScores = request.logprobs?.prompt ? scores : undefined
    if (!promptScores) scores?.beginText()
    const rest = promptScores
      ? await promptScores.readPrompt()
      : await readMost(sequence, prompt.tokens, seat, listener, signal)
    const tokens: Token[] = [...prompt.prefix]
    const options = { ...sampling(request, grammar, tokens, model), yieldEogToken: scores !== undefined }
    const decoding = { prompt, answer, tokens, seat, signal }
    const { finish, last } = await decode(sequence.evaluate(rest, options), decoding)
    await scores?.end(last === undefined ? tokens : [...tokens, last])
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

/** How an answer ended, and the token that ended it; undefined if the length or a stop word did. */
interface Decoded {
  readonly finish: 'stop' | 'length'
  readonly last: Token | undefined
}

async function decode(
  stream: AsyncGenerator<Token, void>,
  { prompt, answer, tokens, seat, signal }: Decoding,
): Promise<Decoded> {
  try {
    for (;;) {
      await seat.steps.next()
      signal.throwIfAborted()
      const { value: token } = await stream.next()
      const isEnd = token === undefined || prompt.ends.has(token) || seat.context.model.isEogToken(token)
      if (isEnd) return { finish: 'stop', last: token ?? undefined }
      tokens.push(token)
      if (answer.push(token)) return { finish: 'stop', last: undefined }
      if (answer.tokens >= prompt.room) return { finish: 'length', last: undefined }
    }
  } finally {
    await stream.return()
    if (!signal.aborted) answer.end()
  }
}

/** Returns the options of sampling. It names every option, so that a result does not depend on the binding's defaults. */
function sampling(
  { parameters, seed, penalties, logit_bias }: RunRequest,
  grammar: LlamaGrammarEvaluationState | null,
  tokens: Token[],
  model: LlamaModel,
): SequenceEvaluateOptions {
  const { frequency_milli, presence_milli } = penalties
  return {
    temperature: parameters.temperature_milli / 1000,
    topP: parameters.top_p_milli / 1000,
    topK: parameters.top_k,
    minP: 0,
    seed: seed % RANDOM_SEED,
    ...(grammar === null ? {} : { grammarEvaluationState: grammar }),
    ...(logit_bias === undefined ? {} : { tokenBias: biasOf(logit_bias, model) }),
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

function biasOf(given: NonNullable<RunRequest['logit_bias']>, model: LlamaModel): TokenBias {
  const bias = TokenBias.for(model)
  for (const [token, milli] of given) bias.set(token as Token, { logit: milli / 1000 })
  return bias
}
