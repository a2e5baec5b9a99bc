// Notices the end of npm, or of the shell that npm started: neither notifies the program that runs in that shell.
import { readFileSync } from 'node:fs'

/** Milliseconds between two checks of the parents. */
const LOOK_MS = 1_000

/** Calls back once when the parent of this process changes, or that of its parent shell. Returns the timer. */
export function watchParent(gone) {
  const shell = isShell(process.ppid)
  const above = () => `${process.ppid} ${shell ? parentOf(process.ppid) : ''}`
  const first = above()
  const watching = setInterval(() => {
    if (above() === first) return
    clearInterval(watching)
    gone()
  }, LOOK_MS)
  return watching
}

/** Whether a process is a shell that runs one command. Only Linux shows that. Elsewhere, an end of npm alone is not noticed. */
function isShell(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0')[1] === '-c'
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`)
  // The name before it may contain spaces and brackets.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
