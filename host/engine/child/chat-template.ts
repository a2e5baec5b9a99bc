/** Renders a chat in the format that its model was trained with. */
import { createHash } from 'node:crypto'
import { JinjaTemplateChatWrapper, type LlamaModel, type LlamaText, type Token } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ChatMessage, InferenceInput, Tool } from '../../types/inference.ts'
import { offeredTools } from '../grammar/answer.ts'
import { nativeHistory, plainHistory, toolsText } from './history.ts'

type Chat = Extract<InferenceInput, { type: 'chat' }>

/** A chat in the model's format, up to the beginning of the model's turn. */
export interface RenderedChat {
  readonly text: LlamaText
  /** Tokens that end its turn, in addition to those that end any text. */
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

  /** Returns the model's template; null where it has none, where it must not be used, and where it cannot be rendered. */
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
   * Renders a chat. Its content stays plain text: control tokens written in it have no effect. Throws `RIPPLE_BODY_INVALID`
   * for a chat that the template refuses.
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

  /** Returns the wrapper that uses the template's own form for functions; null for a template without one. */
  #nativeWrapper(): JinjaTemplateChatWrapper | null {
    // The wrapper renders the template many times to find that form, and most runs do not need it.
    this.#native ??= this.#wrapper('auto')
    return this.#native.usingJinjaFunctionCallTemplate ? this.#native : null
  }

  /**
   * Whether the template's own form may be used for the functions of a chat. A template writes functions and arguments among
   * its own words, where control tokens have their effect. So a chat that contains control tokens there is rendered in plain
   * text. The same holds for a chat whose calls and results do not match.
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
      // The template itself decides whether a model thinks aloud.
      reasoning: null,
      functionCallMessageTemplate,
      // Templates that state the day read this value first. With the real day, the same prompt would get another answer
      // tomorrow.
      additionalRenderParameters: { date_string: '26 Jul 2024' },
      tokenizer: this.#model.tokenizer,
    })
  }
}

/** Returns the messages with a text about functions, which is added to the system message or becomes one. */
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
