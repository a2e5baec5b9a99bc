import type { LlamaModel, Token } from 'node-llama-cpp'
import { StopWords } from '../../types/stop-words.ts'
import { TextStream } from './text-stream.ts'

/** An answer as it grows: tokens in, text out that can be told. */
export class Answer {
  readonly #text: TextStream
  readonly #stop: StopWords
  readonly #tell: (text: string, tokens: number) => void
  #count = 0

  /** `read` is what the answer follows, `before` its text so far. */
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

  /** Tokens so far. */
  get tokens(): number {
    return this.#count
  }

  /** Takes a token; whether a stop word has ended the answer. */
  push(token: Token): boolean {
    this.#count += 1
    this.#say(this.#stop.push(this.#text.push(token)))
    return this.#stop.found
  }

  /** Tells what was held back. */
  end(): void {
    this.#say(this.#stop.push(this.#text.end()))
    this.#say(this.#stop.end())
  }

  #say(text: string): void {
    if (text !== '') this.#tell(text, this.#count)
  }
}
