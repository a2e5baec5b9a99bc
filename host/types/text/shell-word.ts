/** Quotes words for a POSIX shell. */

/** Returns the word, quoted if a POSIX shell would not read it back unchanged. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
