// Keeps what a daemon writes from the other users of the machine.
import { chmodSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** The rights that files and folders of this process and its children never have: all of everybody else's. */
const OTHERS = 0o077

/** Has this process, and the children that it starts from now on, make files that their owner alone can open. */
export function writePrivately(): void {
  process.umask(OTHERS)
}

/** Takes the rights of others away from a folder and from all that earlier versions wrote into it. Links in it are left alone. */
export function tightenFolder(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  for (const path of [realpathSync(folder), ...paths]) tighten(path)
}

function tighten(path: string): void {
  try {
    const stat = lstatSync(path)
    if (!stat.isSymbolicLink() && (stat.mode & OTHERS) !== 0) chmodSync(path, stat.mode & 0o700)
  } catch (thrown) {
    // Removed meanwhile, or another user's: neither keeps a daemon from starting.
    if (!['ENOENT', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
  }
}
