/** Cuts an answer at the first of some words, and holds back what may be the beginning of one. */
export class StopWords {
  readonly #words: readonly string[]
  #held: string
  /** How much of `#held` stands in the answer already. */
  #told: number
  #found = false

  /** `before` is the answer so far: a word may have begun in it. */
  constructor(words: readonly string[], before: string) {
    this.#words = words
    const begun = this.#beginning(before)
    this.#held = before.slice(before.length - begun)
    this.#told = begun
  }

  /** Whether a word has come; nothing is told after it. */
  get found(): boolean {
    return this.#found
  }

  /** Text that can be told now; may be empty. */
  push(text: string): string {
    if (this.#found) return ''
    this.#held += text
    const ends = this.#words.map((word) => this.#held.indexOf(word)).filter((at) => at >= 0)
    this.#found = ends.length > 0
    return this.#tell(this.#found ? Math.min(...ends) : this.#held.length - this.#beginning(this.#held))
  }

  /** What was held back, once nothing follows. */
  end(): string {
    return this.#found ? '' : this.#tell(this.#held.length)
  }

  #tell(until: number): string {
    const text = this.#held.slice(this.#told, Math.max(this.#told, until))
    this.#told = Math.max(0, this.#told - until)
    this.#held = this.#held.slice(until)
    return text
  }

  /** How many characters at the end of a text begin a word. */
  #beginning(text: string): number {
    const longest = Math.max(0, ...this.#words.map((word) => word.length - 1))
    for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
      const end = text.slice(text.length - length)
      if (this.#words.some((word) => word.startsWith(end))) return length
    }
    return 0
  }
}
