/** Collects the text of a provider's answer. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'

/** Collects the pieces of an answer into well-formed text, up to the longest that an answer may be. */
export class AnswerText {
  readonly #provider: string
  readonly #onText: (text: string) => void
  readonly #pieces: string[] = []
  /** The first half of a character whose other half has yet to come. */
  #half = ''
  #bytes = 0

  constructor(provider: string, onText: (text: string) => void) {
    this.#provider = provider
    this.#onText = onText
  }

  /** Takes a piece and passes it on. Throws `RIPPLE_UPSTREAM_FAILED` if the answer becomes too long. */
  push(piece: string): void {
    const text = this.#half + piece
    this.#half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
    this.#give(text.slice(0, text.length - this.#half.length))
  }

  /** Counts parts of the answer that are not text. Throws as `push` does. */
  count(text: string): void {
    this.#bytes += Buffer.byteLength(text)
    if (this.#bytes <= limits.upstream_text_bytes_max) return
    const detail = `its answer is longer than ${limits.upstream_text_bytes_max} bytes`
    throw new RippleError('RIPPLE_UPSTREAM_FAILED', { provider: this.#provider, detail })
  }

  /** Returns the whole text. Nothing may be pushed after it. */
  end(): string {
    this.#give(this.#half)
    return this.#pieces.join('')
  }

  #give(text: string): void {
    if (text === '') return
    this.count(text)
    const piece = text.toWellFormed()
    this.#pieces.push(piece)
    this.#onText(piece)
  }
}
