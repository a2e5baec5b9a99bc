/** Turns the tokens of an answer into text, up to its stop word. */
import type { LlamaModel, Token } from 'node-llama-cpp'
import { StopWords } from '../../types/text/stop-words.ts'
import { TextStream } from './text-stream.ts'

/** A growing answer: it takes tokens and passes on text that is final. */
export class Answer {
  readonly #text: TextStream
  readonly #stop: StopWords
  readonly #tell: (text: string, tokens: number) => void
  #count = 0

  /** `read` has the tokens before the answer, `before` the answer's text so far. */
  constructor(
    model: LlamaModel,
    read: readonly Token[],
    stop: readonly string[],
    before: string,
    tell: (text: string, tokens: number) => void,
  ) {
    this.#text = new TextStream(model, read)
    this.#stop = new StopWords(stop, before)
    this.#tell = tell
  }

  /** The number of tokens so far. */
  get tokens(): number {
    return this.#count
  }

  /** Adds a token. Returns true if a stop word has ended the answer. */
  push(token: Token): boolean {
    this.#count += 1
    this.#say(this.#stop.push(this.#text.push(token)))
    return this.#stop.found
  }

  /** Passes on the text that was held back. */
  end(): void {
    this.#say(this.#stop.push(this.#text.end()))
    this.#say(this.#stop.end())
  }

  #say(text: string): void {
    if (text !== '') this.#tell(text, this.#count)
  }
}
