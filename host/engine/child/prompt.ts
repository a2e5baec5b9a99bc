/** Turns requests into prompts, as tokens. */
import { type LlamaModel, LlamaText, type Token } from 'node-llama-cpp'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { InferenceInput } from '../../types/inference.ts'
import type { RenderedChat } from './chat-template.ts'
import type { RunRequest } from './messages.ts'
import type { LoadedModel } from './model.ts'

/** The input that a model reads before it generates. */
export interface Prompt {
  /** The prompt, and the answer so far. */
  readonly tokens: readonly Token[]
  /** The answer so far. */
  readonly prefix: readonly Token[]
  /** Most tokens that may be generated. */
  readonly room: number
  /** Tokens that end the answer, in addition to those that end any text. */
  readonly ends: ReadonlySet<Token>
  /** sha256 of the chat template that was applied, or null. */
  readonly template_digest: string | null
}

/** Throws `RIPPLE_MODEL_NOT_CHAT` for a chat with a model that only continues text. */
export function checkChat({ input, model }: RunRequest, hasTemplate: boolean): void {
  if (input.type === 'chat' && !hasTemplate)
    throw new RippleError('RIPPLE_MODEL_NOT_CHAT', { model: model.name })
}

/**
 * Reads a request with the model's own tokenizer. Throws `RIPPLE_CONTEXT_TOO_LONG` for a prompt that leaves no room for an answer,
 * and as `checkChat` and `ChatTemplate.render` do.
 */
export function readPrompt(
  { model, template }: LoadedModel,
  request: RunRequest,
  input: Exclude<InferenceInput, { type: 'embed' }>,
): Prompt {
  checkChat(request, template !== null)
  const chat = asChat(input)
  const rendered = chat === null || template === null ? null : template.render(chat)
  const { text, ends } = rendered ?? continued(input)
  const given = checkTokens(request, model)
  const prompt = given ?? withBeginning(model, text.tokenize(model.tokenizer))
  // The prefix is split separately from the prompt, as when it was generated: splitting both together could give other tokens at
  // the seam.
  const prefix = model.tokenize(request.prefix, false, 'trimLeadingSpace')
  return {
    tokens: [...prompt, ...prefix],
    prefix,
    room: roomFor(prompt.length, prefix.length, request, model.trainContextSize),
    ends,
    template_digest: rendered === null ? null : (template?.digest ?? null),
  }
}

/**
 * Returns the prompt that is given as tokens, or null. Throws `RIPPLE_BODY_INVALID` for a token that the model does not have, in
 * the prompt or in `logit_bias`: llama.cpp would end the process.
 */
function checkTokens({ input, logit_bias = [] }: RunRequest, model: LlamaModel): readonly Token[] | null {
  const tokens = input.type === 'text' ? (input.tokens ?? []) : []
  const count = model.fileInfo.metadata.tokenizer.ggml.tokens.length
  const stranger = [...tokens, ...logit_bias.map(([token]) => token)].find((token) => token >= count)
  if (stranger === undefined) return tokens.length === 0 ? null : (tokens as Token[])
  const param = tokens.includes(stranger) ? 'prompt' : 'logit_bias'
  const detail = `'${param}': the model has ${count} tokens, and ${stranger} is none of them`
  throw new RippleError('RIPPLE_BODY_INVALID', { detail, param })
}

function asChat(input: Exclude<InferenceInput, { type: 'embed' }>) {
  if (input.type === 'chat') return input
  if (input.template === 'none') return null
  const message = { role: 'user' as const, content: input.text, tool_calls: [], tool_call_id: null }
  return { type: 'chat' as const, messages: [message], tools: [], tool_choice: 'none' as const }
}

function continued(input: Exclude<InferenceInput, { type: 'embed' }>): RenderedChat {
  return { text: LlamaText(input.type === 'text' ? input.text : []), ends: new Set() }
}

/**
 * Returns the number of tokens that may be generated. The context never shifts: otherwise the model would silently lose its
 * beginning.
 */
function roomFor(prompt: number, prefix: number, { parameters }: RunRequest, trained: number): number {
  const max = Math.min(parameters.context_tokens, trained)
  if (prompt >= max) throw new RippleError('RIPPLE_CONTEXT_TOO_LONG', { tokens: prompt, max })
  const answer = Math.min(max - prompt, parameters.max_tokens, limits.max_tokens_max)
  return Math.max(0, answer - prefix)
}

function withBeginning(model: LoadedModel['model'], tokens: readonly Token[]): readonly Token[] {
  const { bos, shouldPrependBosToken } = model.tokens
  return bos === null || !shouldPrependBosToken || tokens[0] === bos ? tokens : [bos, ...tokens]
}
