/** Runs a request of the daemon with its model. */
import { LlamaGrammarEvaluationState, type LlamaModel } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { isPlainText } from '../../types/tool-answer.ts'
import { answerGrammar } from '../grammar/answer.ts'
import { embed, longestText } from './embed.ts'
import { type Generated, generate } from './generate.ts'
import type { RunRequest } from './messages.ts'
import type { Models } from './models.ts'
import { checkChat, type Prompt, readPrompt } from './prompt.ts'

/** The result of a run. */
export interface RunEnd extends Generated {
  readonly template_digest: string | null
}

/** The listener to a run's progress, as `RunJob` describes it. */
export interface Listener {
  /**
   * Called before and after native code splits the prompt into tokens, so that a prompt that crashes the process is
   * recognised.
   */
  onSplitting(on: boolean): void
  onRead(tokens: number): void
  onText(text: string, tokens: number): void
}

/** Runs a request. Rejects as the port says, and with the signal's reason between two batches. */
export async function run(
  models: Models,
  request: RunRequest,
  listener: Listener,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { input } = request
  // An invalid request is refused before anything is loaded for it.
  checkChat(request, request.model.chat_template === 'own')
  if (request.prefix !== '' && !isPlainText(request))
    throw new RippleError('RIPPLE_BODY_INVALID', { detail: 'only plain text can be continued' })
  if (input.type === 'embed') return runEmbed(models, request, input.texts, listener, signal)
  return runText(models, request, input, answerGrammar(request), listener, signal)
}

async function runText(
  models: Models,
  request: RunRequest,
  input: Parameters<typeof readPrompt>[2],
  grammar: string | null,
  listener: Listener,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { value, leave } = await models.take(
    request.model,
    async (loaded, contexts, makeRoom) => {
      const prompt = splitting(listener, () => readPrompt(loaded, request, input))
      const state = grammar === null ? null : await grammarState(loaded.model, grammar)
      if (prompt.room === 0) return { prompt, state, seat: null }
      const size = prompt.tokens.length + prompt.room
      const seat = makeRoom ? await contexts.seat(size, makeRoom, signal) : contexts.seatAtOnce(size)
      return seat && { prompt, state, seat }
    },
    signal,
  )
  const { prompt, state, seat } = value
  try {
    listener.onRead(0)
    const generated = seat
      ? await generate(seat, prompt, state, request, listener, signal)
      : nothingMore(prompt)
    return { ...generated, template_digest: prompt.template_digest }
  } finally {
    await seat?.leave()
    leave()
  }
}

/** Returns a grammar's initial state. Throws `RIPPLE_BODY_INVALID` for a grammar that llama.cpp cannot use. */
async function grammarState(model: LlamaModel, grammar: string): Promise<LlamaGrammarEvaluationState> {
  try {
    return new LlamaGrammarEvaluationState({ model, grammar: await model.llama.createGrammar({ grammar }) })
  } catch (error) {
    const detail = `no answer of the format can be generated: ${messageOf(error)}`
    throw new RippleError('RIPPLE_BODY_INVALID', { detail }, { cause: error })
  }
}

function splitting<T>(listener: Listener, split: () => T): T {
  listener.onSplitting(true)
  const done = split()
  listener.onSplitting(false)
  return done
}

/** Returns the end of an answer whose text so far has all requested tokens: it needs no context, however long it is. */
function nothingMore(prompt: Prompt): Generated {
  return { tokens_in: prompt.tokens.length, tokens_out: 0, finish: 'length' }
}

async function runEmbed(
  models: Models,
  request: RunRequest,
  texts: readonly string[],
  listener: Listener,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { value, leave } = await models.take(
    request.model,
    async (loaded, contexts, makeRoom) => {
      const tokens = splitting(listener, () => longestText(loaded.model, texts, request))
      return makeRoom && contexts.embedding(tokens, makeRoom, signal)
    },
    signal,
  )
  try {
    listener.onRead(0)
    const { text, tokens_in } = await embed(value.context, texts, signal)
    listener.onText(text, 0)
    return { tokens_in, tokens_out: 0, finish: 'stop', template_digest: null }
  } finally {
    await value.leave()
    leave()
  }
}
