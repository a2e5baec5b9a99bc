/** Suggests commands to try on a running peer. */
import { join } from 'node:path'
import { shellWord } from '../types/text/shell-word.ts'

/** A running peer, and the folder of Ripple itself. */
export interface Place {
  /** The project's folder. */
  readonly project: string
  /** The peer's data folder. */
  readonly data: string
  readonly api: { readonly url: string; readonly key_file: string }
}

/** A command that a newcomer may try on a peer, with its purpose. A shell takes it as it is, in any folder. */
export interface Step {
  readonly about: string
  readonly command: string
}

/** Returns the three ways to ask: the page, the command line, any program that speaks OpenAI's protocol. Pure. */
export function stepsFor({ project, data, api }: Place): readonly Step[] {
  // In another folder `npx ripple` alone would fetch another package of that name.
  const ripple = `npx --prefix ${shellWord(project)} ripple`
  // Without a bound a small model may talk for minutes, and this answer comes whole.
  const messages = [{ role: 'user', content: 'Name a river.' }]
  const body = { model: 'ripple/auto', max_tokens: 64, messages }
  const headers = [
    `-H "authorization: Bearer $(cat ${shellWord(api.key_file)})"`,
    "-H 'content-type: application/json'",
  ]
  return [
    { about: 'the page: ask, and verify the receipt', command: `${ripple} open --data ${shellWord(data)}` },
    { about: 'the command line', command: `${ripple} ask 'Name a river.' --data ${shellWord(data)}` },
    {
      about: `any program made for OpenAI, with the base URL ${api.url}/v1 and this key`,
      command: `curl ${api.url}/v1/chat/completions ${headers.join(' ')} -d ${shellWord(JSON.stringify(body))}`,
    },
  ]
}

/** Formats the same steps as lines for a person. Pure. */
export function tryNext(place: Place): string {
  const steps = stepsFor(place).map(({ about, command }) => `${about}\n  ${command}`)
  return `Try next, in another terminal:\n\n${steps.join('\n\n')}\n`
}

/** The project's folder, two above this file's. */
export const projectFolder = join(import.meta.dirname, '../..')
