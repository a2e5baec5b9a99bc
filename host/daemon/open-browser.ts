import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Env } from '../config/env.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import { limits } from '../limits.ts'

/**
 * Opens an address in the user's browser; false where there is none. What a browser is told on its command line every
 * user of the machine can read, and would be quicker with the code than the browser is. So it is told of a file that
 * only its owner can read, and that leads on to the address. The file stays: its code is good for nothing soon.
 */
export async function openBrowser(
  url: string,
  data: string,
  env: Env,
  signal: AbortSignal,
): Promise<boolean> {
  const program = openerOf(env)
  if (program === null) return false
  const file = join(data, 'open.html')
  await writeAtomic(file, leadOn(url))
  return takes(program, file, signal)
}

function openerOf(env: Env): string | null {
  if (process.platform === 'darwin') return 'open'
  return env.display ? 'xdg-open' : null
}

/** A document that goes on to an address, which is of the daemon's making and holds nothing that HTML gives a meaning to. */
function leadOn(url: string): string {
  return [
    '<!doctype html>',
    '<meta charset="utf-8">',
    '<meta name="referrer" content="no-referrer">',
    `<meta http-equiv="refresh" content="0; url=${url}">`,
    '<title>Ripple</title>',
    '',
  ].join('\n')
}

/** Whether the program takes the file: it ends well, or goes on for a while, as where it is the browser itself. */
function takes(program: string, file: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [file], { detached: true, stdio: 'ignore' })
    const done = (taken: boolean): void => {
      clearTimeout(patience)
      signal.removeEventListener('abort', given)
      child.unref()
      resolve(taken)
    }
    const given = (): void => done(true)
    const patience = setTimeout(given, limits.browser_word_ms)
    signal.addEventListener('abort', given, { once: true })
    child.once('error', () => done(false))
    child.once('exit', (code) => done(code === 0))
  })
}
