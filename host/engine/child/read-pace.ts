import { limits } from '../../limits.ts'

/**
 * How many tokens of a prompt are read at a time in a context. The runs that share it step together, so each of them waits for a
 * piece that another one reads: on a slow machine a whole batch would take longer than an answer may pause.
 */
export class ReadPace {
  /** What a token took last, in milliseconds; null before the first piece. */
  #tokenMs: number | null = null

  /** Tokens of the next piece, `most` at most, where so many other runs wait for it. */
  tokens(most: number, others: number): number {
    if (others === 0) return most
    if (this.#tokenMs === null) return Math.min(most, limits.read_first_tokens)
    // The others may be reading as well, in the same batch.
    const tokens = Math.floor(limits.read_step_ms / others / this.#tokenMs)
    return Math.max(1, Math.min(most, tokens))
  }

  /** A piece of so many tokens was read in so many milliseconds. */
  took(tokens: number, ms: number): void {
    this.#tokenMs = Math.max(ms, Number.MIN_VALUE) / tokens
  }
}
