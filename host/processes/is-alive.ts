/** Checks whether a process runs. */

/** Whether a process with that id exists. An ended process still counts until its parent has waited for it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
