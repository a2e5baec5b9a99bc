/** Puts names that others chose into sentences. */
import { cut } from './cut.ts'

/** Most characters of a name that a sentence shows. */
const NAME_CHARS = 64

/** The characters that change the direction of the text around them. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Returns the beginning of a name for a sentence, whose direction it does not change. */
export function inSentence(name: string): string {
  const plain = cut(name.replaceAll(DIRECTIONS, ''), NAME_CHARS)
  // A name of plain ASCII cannot, and can then be searched for as it is.
  return /^[ -~]*$/.test(plain) ? plain : `\u2068${plain}\u2069`
}
