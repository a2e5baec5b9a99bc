/** Puts codes into words. */
import { cut } from '../../format/cut.ts'

/** Characters of a code without words, which a peer may have made. */
const CODE_CHARS = 200

/** Returns the words for a code, or else the code itself. */
export function wordFor(table: Readonly<Record<string, string>>, code: string): string {
  const known = Object.hasOwn(table, code) ? table[code] : undefined
  return known ?? cut(code, CODE_CHARS)
}
