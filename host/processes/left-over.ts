/** Notes the pids of child processes, and stops a child that an earlier daemon left behind. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Milliseconds between checks of a stopping process. */
const POLL_MS = 50

/** Writes the pid of a running process, so that the next daemon finds it if this one dies. */
export async function notePid(file: string, pid: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${pid}\n`, { mode: 0o600 })
}

/** Removes the note. */
export async function forgetPid(file: string): Promise<void> {
  await rm(file, { force: true })
}

/**
 * Stops the process that an earlier daemon left behind, if there is one. Its pid is in `file`, and its command line still
 * contains `mark`, a path of this data folder. So a pid that another program has by now is left alone. Resolves to the pid
 * that was stopped, or null.
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

/** Returns the command line of a process; empty if it has ended. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    (done) => done.stdout,
    () => '',
  )
}

/** Sends a signal to a process, or to a group by its negative number. An ended process is not an error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // A group whose last member is dying answers EPERM on macOS.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
