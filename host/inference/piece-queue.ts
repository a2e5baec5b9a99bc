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

  /**
   * Takes back what the reader has yet to take of the text, all but its first units, and each seam that no text follows then; gives how
   * much of the text stays.
   */
  takeBack(but: number): number {
    let stays = this.#read
    const kept = this.#waiting.flatMap((piece): AnswerPiece[] => {
      if (piece.type !== 'text') return [piece]
      const text = piece.text.slice(0, Math.max(0, but - stays))
      stays += text.length
      return text === '' ? [] : [{ type: 'text', text }]
    })
    this.#waiting = kept.slice(0, kept.findLastIndex(({ type }) => type === 'text') + 1)
    return stays
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
