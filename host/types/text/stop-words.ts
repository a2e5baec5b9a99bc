/** Ends an answer at a stop word while its text still arrives. */

/** Cuts an answer at the first stop word, and holds back text that may begin one. */
export class StopWords {
  readonly #words: readonly string[]
  #held: string
  /** The number of characters of `#held` that are in the answer already. */
  #told: number
  #found = false

  /** `before` is the answer so far: a stop word may have begun in it. */
  constructor(words: readonly string[], before: string) {
    this.#words = words
    const begun = this.#beginning(before)
    this.#held = before.slice(before.length - begun)
    this.#told = begun
  }

  /** Whether a stop word was found; no text follows it. */
  get found(): boolean {
    return this.#found
  }

  /** Adds text and returns the part that can be passed on now; may be empty. */
  push(text: string): string {
    if (this.#found) return ''
    this.#held += text
    const first = this.#first()
    this.#found = first !== null
    return this.#tell(first ?? this.#held.length - this.#beginning(this.#held))
  }

  /** Returns the text that was held back, once nothing follows. */
  end(): string {
    return this.#found ? '' : this.#tell(this.#held.length)
  }

  /**
   * Returns the position of the stop word that is complete first; null without one. Another word may begin before it and end
   * after it. The search does not wait for that one, so it must not count if both come in one piece.
   */
  #first(): number | null {
    const found = this.#words
      .map((word) => ({ at: this.#held.indexOf(word), length: word.length }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at + a.length - (b.at + b.length) || a.at - b.at)
    return found[0]?.at ?? null
  }

  #tell(until: number): string {
    const text = this.#held.slice(this.#told, Math.max(this.#told, until))
    this.#told = Math.max(0, this.#told - until)
    this.#held = this.#held.slice(until)
    return text
  }

  /** Returns the number of characters at the end of a text that begin a stop word. */
  #beginning(text: string): number {
    const longest = Math.max(0, ...this.#words.map((word) => word.length - 1))
    for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
      const end = text.slice(text.length - length)
      if (this.#words.some((word) => word.startsWith(end))) return length
    }
    return 0
  }
}
