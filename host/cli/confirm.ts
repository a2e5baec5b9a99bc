/** Asks a person a question on the terminal. */
import { createInterface } from 'node:readline/promises'
import { PassThrough, type Readable } from 'node:stream'
import type { Printer } from './print.ts'

/** The person's side of the terminal. */
export interface Asking {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Whether a person reads what is printed. */
  readonly isSeen: boolean
  readonly print: Pick<Printer, 'note'>
}

/**
 * Asks a question that is answered with yes or no, and returns whether the answer was yes. Without a person at the terminal
 * nothing is asked, and the answer is no. Rejects with the signal's reason.
 */
export async function confirm(
  question: string,
  { stdin, isSeen, print }: Asking,
  signal: AbortSignal,
): Promise<boolean> {
  if (stdin.isTTY !== true || !isSeen) return false
  print.note(`${question} [y/N]`)
  // The printer alone writes to the terminal, which echoes the answer itself.
  const lines = createInterface({ input: stdin, output: new PassThrough(), terminal: false })
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return /^\s*y(es)?\s*$/i.test(await Promise.race([lines.question('', { signal }), ended]))
  } finally {
    lines.close()
  }
}
