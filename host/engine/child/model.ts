import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  InsufficientMemoryError,
  JinjaTemplateChatWrapper,
  type LlamaModel,
  LlamaText,
  type Token,
} from 'node-llama-cpp'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Backend } from './backend.ts'
import type { RunRequest } from './messages.ts'

/** A model in memory and the words around a prompt that it was trained with. */
export interface LoadedModel {
  readonly file: string
  readonly model: LlamaModel
  /** sha256 of the chat template's text; null for a model that has none. */
  readonly templateDigest: string | null
  /** The tokens to evaluate for a prompt. */
  tokenize(prompt: string, template: RunRequest['template']): Token[]
}

/**
 * Loads a model file. Rejects with `RIPPLE_MODEL_MISSING` when it is gone, `RIPPLE_MODEL_MEMORY` when it does not fit
 * and `RIPPLE_MODEL_CORRUPT` when it cannot be read.
 */
export async function loadModel(backend: Backend, request: RunRequest): Promise<LoadedModel> {
  const { file } = request
  if (!existsSync(file)) throw new RippleError('RIPPLE_MODEL_MISSING', { model: request.model })
  backend.takeLastError()
  try {
    const model = await backend.llama.loadModel({ modelPath: file })
    return withTemplate(file, model)
  } catch (error) {
    if (error instanceof InsufficientMemoryError) throw memoryError(request, error)
    const detail = backend.takeLastError() ?? messageOf(error)
    throw new RippleError('RIPPLE_MODEL_CORRUPT', { file, detail }, { cause: error })
  }
}

/** The error for a model or context that does not fit into memory. */
export function memoryError(request: RunRequest, cause: Error): RippleError {
  return new RippleError('RIPPLE_MODEL_MEMORY', { model: request.model, detail: cause.message }, { cause })
}

function withTemplate(file: string, model: LlamaModel): LoadedModel {
  const template = model.fileInfo.metadata.tokenizer?.chat_template ?? null
  const wrapper = template === null ? null : chatWrapper(template, model)
  return {
    file,
    model,
    templateDigest: template === null ? null : createHash('sha256').update(template, 'utf8').digest('hex'),
    tokenize: (prompt, kind) => {
      const text = wrapper !== null && kind === 'own' ? asUserTurn(wrapper, prompt) : LlamaText(prompt)
      return withBeginning(model, text.tokenize(model.tokenizer))
    },
  }
}

function chatWrapper(template: string, model: LlamaModel): JinjaTemplateChatWrapper {
  return new JinjaTemplateChatWrapper({
    template,
    // Whether a model thinks aloud is its template's own choice.
    reasoning: null,
    // Without this, the template is rendered many times to find out how it calls functions, which no run does.
    functionCallMessageTemplate: 'noJinja',
    tokenizer: model.tokenizer,
  })
}

/** The prompt stays plain text in it: control tokens that someone writes into a prompt are not control tokens. */
function asUserTurn(wrapper: JinjaTemplateChatWrapper, prompt: string): LlamaText {
  const chatHistory = [
    { type: 'user' as const, text: prompt },
    { type: 'model' as const, response: [] },
  ]
  return wrapper.generateContextState({ chatHistory }).contextText
}

function withBeginning(model: LlamaModel, tokens: Token[]): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens
  return bos === null || !shouldPrependBosToken || tokens[0] === bos ? tokens : [bos, ...tokens]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
