// Keeps the answers of own tasks as far as they have come.
import { limits } from '../limits.ts'
import type { ActionHash } from '../types/events.ts'

/** A piece of an answer that its worker sent. */
export interface TextPiece {
  readonly attempt: number
  /** Where in the answer the piece begins, in UTF-16 units. */
  readonly offset: number
  readonly text: string
}

/** Most bytes of UTF-8 that a UTF-16 unit takes. */
const UNIT_BYTES_MAX = 3

/** A piece with how many tokens its attempt had given by then. */
export type CountedPiece = TextPiece & { readonly tokens_out: number }

interface SoFar {
  readonly attempt: number
  readonly text: string
  /** Bytes of UTF-8 of the text. */
  readonly bytes: number
  /** Whether the answer was given to another worker to go on with, so that nothing more of this attempt counts. */
  readonly frozen: boolean
}

/**
 * The answers of own tasks as far as they have come. A piece that overlaps what is here adds what is new of it; one that leaves
 * a gap adds nothing, and its worker sends it again from there, or the output brings it. What another worker goes on with is
 * fixed first: the reader has seen it, and the next Grant names its digest.
 */
export class AnswerTexts {
  readonly #texts = new Map<ActionHash, SoFar>()
  /** Most tokens of an answer, where that is known. */
  readonly #tokens = new Map<ActionHash, number>()
  #chars = 0

  /** From now on no answer to the task may have more tokens. */
  bound(task: ActionHash, tokens: number): void {
    this.#tokens.set(task, tokens)
  }

  /** Whether more tokens were generated than asked for, by their worker's own count. */
  isTooMany(task: ActionHash, tokens: number): boolean {
    return tokens > this.#mostTokens(task)
  }

  /** Whether a piece is more than was asked for: because of their count, or because so many tokens cannot be as long. */
  isTooMuch(task: ActionHash, { offset, text, tokens_out }: CountedPiece): boolean {
    const bytes = (offset + text.length) * UNIT_BYTES_MAX
    return this.isTooMany(task, tokens_out) || bytes > this.#mostTokens(task) * limits.token_bytes_max
  }

  #mostTokens(task: ActionHash): number {
    return this.#tokens.get(task) ?? Number.POSITIVE_INFINITY
  }

  /**
   * Takes a piece of the current attempt, and gives what is new of it; empty where nothing is, or where the text would have more
   * than `mostBytes` bytes of UTF-8.
   */
  take(task: ActionHash, piece: TextPiece, mostBytes: number): string {
    const before = this.#of(task, piece.attempt)
    if (before === null || before.frozen || piece.offset > before.text.length) return ''
    const overlap = before.text.length - piece.offset
    // What begins anew, in other words than its reader has seen, is not the same answer.
    if (!before.text.startsWith(piece.text.slice(0, overlap), piece.offset)) return ''
    const fresh = piece.text.slice(overlap)
    const bytes = before.bytes + Buffer.byteLength(fresh)
    if (fresh === '' || bytes > mostBytes) return ''
    if (this.#chars + fresh.length > limits.answer_texts_chars_max) return ''
    this.#keep(task, { attempt: piece.attempt, text: before.text + fresh, bytes, frozen: false })
    return fresh
  }

  /** Fixes the text so far: nothing more of this attempt is taken, only what the next one gives behind `text`, which is returned. */
  freeze(task: ActionHash, attempt: number, text = this.get(task)): string {
    this.#keep(task, { attempt, text, bytes: Buffer.byteLength(text), frozen: true })
    return text
  }

  /** What an attempt has given so far, with what it went on with; empty of one that does not count. */
  of(task: ActionHash, attempt: number): string {
    const now = this.#texts.get(task)
    return now?.attempt === attempt ? now.text : ''
  }

  /** The text so far. */
  get(task: ActionHash): string {
    return this.#texts.get(task)?.text ?? ''
  }

  /** Forgets a task that was closed. */
  drop(task: ActionHash): void {
    this.#chars -= this.get(task).length
    this.#texts.delete(task)
    this.#tokens.delete(task)
  }

  /** What stands of an attempt; null where a later one counts. The first piece of the next attempt goes on with the text. */
  #of(task: ActionHash, attempt: number): SoFar | null {
    const before = this.#texts.get(task)
    if (!before) return { attempt, text: '', bytes: 0, frozen: false }
    if (attempt < before.attempt) return null
    return attempt > before.attempt ? { ...before, attempt, frozen: false } : before
  }

  #keep(task: ActionHash, now: SoFar): void {
    this.#chars += now.text.length - this.get(task).length
    this.#texts.set(task, now)
  }
}
