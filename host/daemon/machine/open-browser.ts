/** Opens the page in the user's browser without exposing its code. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Env } from '../../config/env.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import { limits } from '../../limits.ts'

/**
 * Opens an address in the user's browser; returns false without a browser. Every user of the machine can read a
 * browser's command line, and could use the code before the browser does. So the command line names a file that only
 * its owner can read, and that redirects to the address. The file stays, because its code expires soon.
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

/** Returns a document that redirects to an address. The daemon makes the address, so it holds no HTML markup. */
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

/** Whether the program accepts the file: it exits with 0, or still runs after a while, as a browser itself does. */
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
