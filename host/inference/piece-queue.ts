// Carries the pieces of one answer to its one reader.
import type { AnswerPiece } from '../types/answer.ts'

/**
 * Pieces of one answer on their way to one reader. What the reader has not taken waits here; an answer is bounded, so that is.
 * Who wants the whole answer alone reads none.
 */
export class PieceQueue implements AsyncIterable<AnswerPiece> {
  #waiting: AnswerPiece[] = []
  /** How much text the reader has, in UTF-16 units. */
  #read = 0
  #ended = false
  #failure: { readonly thrown: unknown } | null = null
  #wake = Promise.withResolvers<void>()

  push(piece: AnswerPiece): void {
    this.#waiting.push(piece)
    this.#wake.resolve()
  }

  /** Takes back all that the reader has yet to take; gives how much text it has. */
  takeBack(): number {
    this.#waiting = []
    return this.#read
  }

  end(): void {
    this.#ended = true
    this.#wake.resolve()
  }

  /** Whoever reads gets this at once, whatever still waits. */
  fail(thrown: unknown): void {
    this.#failure ??= { thrown }
    this.#wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AnswerPiece> {
    for (;;) {
      if (this.#failure) throw this.#failure.thrown
      const piece = this.#waiting.shift()
      if (piece?.type === 'text') this.#read += piece.text.length
      if (piece) yield piece
      else if (this.#ended) return
      else {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
      }
    }
  }
}
