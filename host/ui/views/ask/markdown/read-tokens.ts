/** Reads Markdown in bounded time, whatever a model writes. */
import { Lexer, type Token, Tokenizer, type Tokens } from 'marked'
import { pageLimits } from '../../../../limits/page.ts'

/**
 * Texts for which marked 18.2 takes too long. It looks for the end of a mail address from each character of a run, and calls
 * itself for each level of a quote or list.
 */
const slow = /[\w.!#$%&'*+/=?^`{|}~-]{400}|^(?: {0,3}>){50}|^(?:[-*+] +){50}/m

/** The most characters that are searched for the ends of marks. A usual answer takes a hundredth of it. */
const SEARCHED_MAX = 5_000_000

/** Leaves marks as they are once too much was searched for their ends: marked 18.2 searches the rest of a block for each. */
class BoundedTokenizer extends Tokenizer {
  #left = SEARCHED_MAX

  override emStrong(rest: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    this.#left -= rest.length
    return this.#left > 0 ? super.emStrong(rest, masked, before) : undefined
  }

  override del(rest: string, masked: string, before?: string): Tokens.Del | undefined {
    this.#left -= rest.length
    return this.#left > 0 ? super.del(rest, masked, before) : undefined
  }
}

/** Returns the blocks of a text; null for one that is too long, or would take too long, to be laid out. */
export function tokensOf(text: string): readonly Token[] | null {
  if (text.length > pageLimits.page_markdown_chars_max || slow.test(text)) return null
  try {
    return new Lexer({ gfm: true, tokenizer: new BoundedTokenizer() }).lex(text)
  } catch {
    return null
  }
}
