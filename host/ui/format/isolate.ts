/** Puts names that peers chose into sentences. */
import { cut } from './cut.ts'

/** Characters of a name that a sentence shows. */
const NAME_CHARS = 64
/** FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE: the direction of the name stays within it. */
const [FSI, PDI] = ['\u2068', '\u2069']

/** Returns a name, cut and apart from the text around it, for places that take no elements. */
export function isolate(name: string): string {
  return `${FSI}${cut(name, NAME_CHARS)}${PDI}`
}
