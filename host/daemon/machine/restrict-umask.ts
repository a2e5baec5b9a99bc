/** Keeps a daemon's files private from other users of the machine. */
import { chmodSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** Permissions of group and others, which files and folders of this process and its children never get. */
const OTHERS = 0o077

/** Makes this process, and children that it starts later, create files that only their owner can open. */
export function writePrivately(): void {
  process.umask(OTHERS)
}

/**
 * Removes the permissions of group and others from a folder and everything in it; earlier versions may have left some.
 * Skips links.
 */
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
    // The file was removed meanwhile, or belongs to another user. The daemon can start all the same.
    if (!['ENOENT', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
  }
}
