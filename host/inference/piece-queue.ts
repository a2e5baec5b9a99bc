/** Carries the pieces of one answer to its one reader. */
import type { AnswerPiece } from '../types/answer.ts'

/**
 * The pieces of one answer on their way to one reader. Unread pieces wait here. Answers are bounded, so the queue is too. A
 * client that wants only the whole answer leaves the pieces unread.
 */
export class PieceQueue implements AsyncIterable<AnswerPiece> {
  #waiting: AnswerPiece[] = []
  /** The length of the text that the reader has, in UTF-16 units. */
  #read = 0
  #ended = false
  #failure: { readonly thrown: unknown } | null = null
  #wake = Promise.withResolvers<void>()

  push(piece: AnswerPiece): void {
    this.#waiting.push(piece)
    this.#wake.resolve()
  }

  /** Takes back all unread pieces. Returns the length of the text that the reader has. */
  takeBack(): number {
    this.#waiting = []
    return this.#read
  }

  end(): void {
    this.#ended = true
    this.#wake.resolve()
  }

  /** Ends with an error, which the reader gets before any waiting pieces. */
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
