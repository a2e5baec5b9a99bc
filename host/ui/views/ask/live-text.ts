/** Joins the text of an answer that is under way from a snapshot and the pieces after it. */
import { type Signal, signal } from '@preact/signals'

/** A piece of text with its place. */
interface Piece {
  readonly offset: number
  readonly text: string
}

/**
 * The text of an answer that is under way. Pieces may come before the snapshot, twice, or not at all: each has its place, so
 * no text is doubled, and a gap is noticed. The shown text changes once a frame.
 */
export class LiveText {
  readonly shown: Signal<string> = signal('')
  readonly #soon: (publish: () => void) => void
  #text = ''
  /** Pieces after a gap, in the order of arrival. */
  #ahead: Piece[] = []
  #isDue = false

  /** `soon` calls back before the next frame. */
  constructor(soon: (publish: () => void) => void = (publish) => void requestAnimationFrame(publish)) {
    this.#soon = soon
  }

  /** Adds a piece. Returns whether text before it is missing. */
  piece(offset: number, text: string): boolean {
    if (offset > this.#text.length) {
      this.#ahead.push({ offset, text })
      return true
    }
    const fresh = text.slice(this.#text.length - offset)
    if (fresh === '') return false
    this.#text += fresh
    this.#join()
    this.#publish()
    return false
  }

  /** Takes the text so far, as the daemon has it. */
  snapshot(text: string): void {
    if (text.length > this.#text.length || !this.#text.startsWith(text)) this.#text = text
    this.#join()
    this.#publish()
  }

  #join(): void {
    const ahead = this.#ahead
    this.#ahead = []
    for (const { offset, text } of ahead.sort((one, other) => one.offset - other.offset))
      this.piece(offset, text)
  }

  #publish(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#soon(() => {
      this.#isDue = false
      this.shown.value = this.#text
    })
  }
}
