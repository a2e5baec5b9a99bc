import type { AnswerPiece } from '../types/answer.ts'

/**
 * Pieces of one answer on their way to one reader. What the reader has not taken waits here; an answer is bounded, so that is.
 */
export class PieceQueue implements AsyncIterable<AnswerPiece> {
  readonly #waiting: AnswerPiece[] = []
  #ended = false
  #failure: { readonly thrown: unknown } | null = null
  #wake = Promise.withResolvers<void>()

  push(piece: AnswerPiece): void {
    this.#waiting.push(piece)
    this.#wake.resolve()
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
      if (piece) yield piece
      else if (this.#ended) return
      else {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
      }
    }
  }
}
