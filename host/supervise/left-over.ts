import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How often a stopping process is looked at, in milliseconds. */
const POLL_MS = 50

/** Notes which process runs, so that the next daemon finds it should this one die. */
export async function notePid(file: string, pid: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${pid}\n`, { mode: 0o600 })
}

/** Forgets the process. */
export async function forgetPid(file: string): Promise<void> {
  await rm(file, { force: true })
}

/**
 * Stops the process that an earlier daemon left behind, if there is one: its pid is in `file`, and its command line
 * still names `mark` (a path of this data folder), so that a pid which another program has by now is left alone.
 * Resolves with the pid that was stopped, or null.
 */
export async function stopLeftOver(
  file: string,
  mark: string,
  stop: { readonly signal: NodeJS.Signals; readonly ms: number },
): Promise<number | null> {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (!(pid > 1) || !(await commandLine(pid)).includes(mark)) {
    await forgetPid(file)
    return null
  }
  send(pid, stop.signal)
  const deadline = performance.now() + stop.ms
  while (performance.now() < deadline && (await commandLine(pid)).includes(mark)) await sleep(POLL_MS)
  send(-pid, 'SIGKILL')
  await forgetPid(file)
  return pid
}

/** The command line of a process, or nothing where it has ended. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    (done) => done.stdout,
    () => '',
  )
}

/** Sends a signal to a process, or to a group by its negative number; one that has ended is as good. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // A group whose last member is dying answers EPERM on macOS.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
