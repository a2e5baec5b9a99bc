/** Puts a chat into the words that its model was trained with. */
import { createHash } from 'node:crypto'
import { JinjaTemplateChatWrapper, type LlamaModel, type LlamaText, type Token } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ChatMessage, InferenceInput, Tool } from '../../types/inference.ts'
import { offeredTools } from '../grammar/answer.ts'
import { nativeHistory, plainHistory, toolsText } from './history.ts'

type Chat = Extract<InferenceInput, { type: 'chat' }>

/** A chat in the model's words, up to where its own turn begins. */
export interface RenderedChat {
  readonly text: LlamaText
  /** Tokens that end its turn, besides those that end any text. */
  readonly ends: ReadonlySet<Token>
}

/** A model's own Jinja template. */
export class ChatTemplate {
  /** sha256 of the template's text. */
  readonly digest: string
  readonly #template: string
  readonly #model: LlamaModel
  readonly #plain: JinjaTemplateChatWrapper
  #native: JinjaTemplateChatWrapper | null = null

  private constructor(template: string, model: LlamaModel) {
    this.digest = createHash('sha256').update(template, 'utf8').digest('hex')
    this.#template = template
    this.#model = model
    this.#plain = this.#wrapper('noJinja')
  }

  /** The model's template; null where it has none, where it is not to be used, and where it is not one that can be rendered. */
  static of(model: LlamaModel, use: 'own' | 'none'): ChatTemplate | null {
    const template = use === 'none' ? undefined : model.fileInfo.metadata.tokenizer?.chat_template
    if (template === undefined) return null
    try {
      return new ChatTemplate(template, model)
    } catch {
      return null
    }
  }

  /**
   * Renders a chat. What was written in it stays plain text: control tokens in it are not control tokens. Throws
   * `RIPPLE_BODY_INVALID` for a chat that the template refuses.
   */
  render(chat: Chat): RenderedChat {
    try {
      return this.#render(chat)
    } catch (error) {
      if (error instanceof RippleError) throw error
      const detail = `the model's chat template refuses these messages: ${messageOf(error)}`
      throw new RippleError('RIPPLE_BODY_INVALID', { detail }, { cause: error })
    }
  }

  #render(chat: Chat): RenderedChat {
    const tools = offeredTools(chat)
    const mayTalk = chat.tool_choice === 'auto'
    const native = tools.length > 0 && this.#mayBeNative(chat) ? this.#nativeWrapper() : null
    const told = withTools(chat.messages, tools, mayTalk, native === null)
    const { contextText, stopGenerationTriggers } =
      native === null
        ? this.#plain.generateContextState({ chatHistory: plainHistory(told) })
        : native.generateContextState({
            chatHistory: nativeHistory(told),
            availableFunctions: Object.fromEntries(
              tools.map(({ name, description, parameters }) => [
                name,
                { description, params: parameters as never },
              ]),
            ),
          })
    const firsts = stopGenerationTriggers.map((end) => end.tokenize(this.#model.tokenizer)[0])
    const ends = firsts.filter((token) => token !== undefined && this.#model.isSpecialToken(token))
    return { text: contextText, ends: new Set(ends as Token[]) }
  }

  /** The wrapper that tells the template of functions in its own way; null for a template that has none. */
  #nativeWrapper(): JinjaTemplateChatWrapper | null {
    // It renders the template many times to find out how; most runs need none of it.
    this.#native ??= this.#wrapper('auto')
    return this.#native.usingJinjaFunctionCallTemplate ? this.#native : null
  }

  /**
   * A template writes functions and arguments among its own words, where control tokens are control tokens: a chat with such ones
   * is told in plain text. So is one whose calls and results do not match.
   */
  #mayBeNative({ messages, tools }: Chat): boolean {
    const calls = messages.flatMap(({ tool_calls }) => tool_calls)
    const results = messages.flatMap((one) => (one.role === 'tool' ? [one.tool_call_id] : []))
    const ids = calls.map(({ id }) => id)
    const matched = ids.length === results.length && new Set([...ids, ...results]).size === ids.length
    const written = JSON.stringify([tools, calls.map((call) => [call.name, call.arguments])])
    const isSpecial = (token: Token) => this.#model.isSpecialToken(token)
    return matched && !this.#model.tokenize(written, true).some(isSpecial)
  }

  #wrapper(functionCallMessageTemplate: 'auto' | 'noJinja'): JinjaTemplateChatWrapper {
    return new JinjaTemplateChatWrapper({
      template: this.#template,
      // Whether a model thinks aloud is its template's own choice.
      reasoning: null,
      functionCallMessageTemplate,
      // Templates that tell the day ask for this first. With the day in it, tomorrow's answer to the same prompt is another.
      additionalRenderParameters: { date_string: '26 Jul 2024' },
      tokenizer: this.#model.tokenizer,
    })
  }
}

/** The messages with a word on functions before them, joined to what the system says. */
function withTools(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  mayTalk: boolean,
  listed: boolean,
): readonly ChatMessage[] {
  if (tools.length === 0) return messages
  const [first, ...rest] = messages
  const text = toolsText(tools, mayTalk, listed)
  if (first?.role === 'system') return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest]
  return [{ role: 'system', content: text, tool_calls: [], tool_call_id: null }, ...messages]
}
