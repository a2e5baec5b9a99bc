import type { LlamaModel, Token } from 'node-llama-cpp'

/** Tokens before a piece that its spelling depends on. */
const CONTEXT_TOKENS = 3
/** Longest run of tokens that may make up one character: four bytes, each of them a token. */
const CHARACTER_TOKENS_MAX = 4

/** Turns tokens into text piece by piece: a character that spans tokens is held back until it is whole. */
export class TextStream {
  readonly #model: Pick<LlamaModel, 'detokenize'>
  #before: Token[]
  #pending: Token[] = []

  /** `prompt` is what the tokens follow. */
  constructor(model: Pick<LlamaModel, 'detokenize'>, prompt: readonly Token[]) {
    this.#model = model
    this.#before = prompt.slice(-CONTEXT_TOKENS)
  }

  /** Text that is whole with this token; may be empty. */
  push(token: Token): string {
    this.#pending.push(token)
    const text = this.#decode()
    const torn = text.endsWith('\uFFFD') && this.#pending.length < CHARACTER_TOKENS_MAX
    return torn ? '' : this.#release(text)
  }

  /** What was held back. */
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
