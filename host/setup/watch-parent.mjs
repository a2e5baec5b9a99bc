// Notices that npm, or the shell that npm began, has gone: neither tells what runs in that shell.
import { readFileSync } from 'node:fs'

/** How often it is looked whether they are still there, in milliseconds. */
const LOOK_MS = 1_000

/** Calls back once when this process has another parent, or the shell that is its parent has one, and gives the timer. */
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

/** Whether a process is a shell that runs one command. Only Linux shows that; elsewhere the end of npm alone is not noticed. */
function isShell(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0')[1] === '-c'
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`)
  // The name before it may hold spaces and brackets.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
