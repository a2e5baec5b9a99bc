/** Finds out how this command line is started here, so that every hint names a command that runs. */
import { realpathSync } from 'node:fs'
import { delimiter, join, resolve, sep } from 'node:path'
import { shellWord } from '../types/text/shell-word.ts'

const project = resolve(import.meta.dirname, '../..')
const entry = join(project, 'host/cli/ripple.mjs')

/**
 * Returns `ripple` if the search path finds this project by that name, and `npx ripple` in the project's folder.
 * Otherwise it returns npx with that folder: elsewhere `npx ripple` alone would fetch another package of that name.
 */
export function commandName(path: string, folder: string): string {
  // npx adds such folders to the search path of its programs; the user's shell does not have them.
  const folders = path.split(delimiter).filter((one) => one !== '' && !one.endsWith('node_modules/.bin'))
  if (folders.some((one) => leadsHere(join(one, 'ripple')))) return 'ripple'
  if (folder === project || folder.startsWith(project + sep)) return 'npx ripple'
  return `npx --prefix ${shellWord(project)} ripple`
}

function leadsHere(file: string): boolean {
  try {
    return realpathSync(file) === realpathSync(entry)
  } catch {
    return false
  }
}

/** Returns a command line as it is typed here. */
export function typedHere(line: string, command: string): string {
  return line.replaceAll(/(?<=^|\s|\()ripple(?= [a-z-]|$)/g, command)
}

/** Replaces the command in a text's quoted commands by the one that runs here. */
export function withCommand(text: string, command: string): string {
  return text.replaceAll(/(?<=['`])ripple(?= [a-z-])/g, command)
}
