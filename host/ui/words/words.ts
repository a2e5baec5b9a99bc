/** Gathers the English text of the page, by view. Another language is another folder of the same form. */
import { ask } from './en/ask.ts'
import { bar } from './en/bar.ts'
import { mesh } from './en/mesh.ts'
import { parts } from './en/parts.ts'
import { shell } from './en/shell.ts'

/** All text of the page. */
export const words = { ...parts, ...shell, ask, bar, mesh }
