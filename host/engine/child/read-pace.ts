/** Decides how many tokens of a prompt are read at a time. */
import { limits } from '../../limits.ts'

/**
 * The pace of reading prompts in a context. The runs that share it step together, so each of them waits while another one
 * reads a piece. On a slow machine, reading a whole batch would take longer than an answer may pause.
 */
export class ReadPace {
  /** Milliseconds that a token took last; null before the first piece. */
  #tokenMs: number | null = null

  /** Returns the tokens of the next piece, at most `most`, while `others` other runs wait for it. */
  tokens(most: number, others: number): number {
    if (others === 0) return most
    if (this.#tokenMs === null) return Math.min(most, limits.read_first_tokens)
    // The others may be reading as well, in the same batch.
    const tokens = Math.floor(limits.read_step_ms / others / this.#tokenMs)
    return Math.max(1, Math.min(most, tokens))
  }

  /** Records that a piece of so many tokens was read in so many milliseconds. */
  took(tokens: number, ms: number): void {
    this.#tokenMs = Math.max(ms, Number.MIN_VALUE) / tokens
  }
}
