/** Separates hashes from words in sentences for people. */

/** A part of a sentence: words, or a hash or key of which the beginning is shown. */
export type Part = { readonly text: string } | { readonly hash: string }

/** Keys and hashes of Holochain, CIDs, and sha256 in hex. */
const HASH = /(uhC[\w-]{50}|baf[a-z2-7]{50,}|[0-9a-f]{64})/

/** Splits a sentence into words and hashes, so that the words can be read. */
export function partsOf(sentence: string): readonly Part[] {
  return sentence
    .split(HASH)
    .map((text, index) => (index % 2 === 1 ? { hash: text } : { text }))
    .filter((part) => 'hash' in part || part.text !== '')
}

/** Returns the beginning of a hash, which is enough for a person to recognise it. */
export function short(hash: string): string {
  return `${hash.slice(0, 14)}…`
}
