/** Turns tokens into text. */
import type { LlamaModel, Token } from 'node-llama-cpp'

/** Number of tokens before a piece that its spelling depends on. */
const CONTEXT_TOKENS = 3
/** Most tokens that may make up one character: four bytes, each of them a token. */
const CHARACTER_TOKENS_MAX = 4

/** Text from tokens, piece by piece. A character that spans tokens is held back until it is complete. */
export class TextStream {
  readonly #model: Pick<LlamaModel, 'detokenize'>
  #before: Token[]
  #pending: Token[] = []

  /** `prompt` has the tokens before the text. */
  constructor(model: Pick<LlamaModel, 'detokenize'>, prompt: readonly Token[]) {
    this.#model = model
    this.#before = prompt.slice(-CONTEXT_TOKENS)
  }

  /** Returns the text that is complete with this token; may be empty. */
  push(token: Token): string {
    this.#pending.push(token)
    const text = this.#decode()
    const torn = text.endsWith('\uFFFD') && this.#pending.length < CHARACTER_TOKENS_MAX
    return torn ? '' : this.#release(text)
  }

  /** Returns the text that was held back. */
  end(): string {
    return this.#pending.length === 0 ? '' : this.#release(this.#decode())
  }

  #decode(): string {
    return this.#model.detokenize(this.#pending, false, this.#before)
  }

  #release(text: string): string {
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT_TOKENS)
    this.#pending = []
    return text
  }
}
