import { randomBytes } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isAlive } from '../supervise/is-alive.ts'

/** Ending of a part's scratch folder. */
const SCRATCH = '.scratch'

/**
 * The path of a download that is nobody else's: pulls of one model at a time, of one process or of several, must not
 * write to one file. What an ended pull has left is taken over, so that its bytes need not be fetched again: a rename
 * succeeds for one of those who try.
 */
export async function claimPart(path: string): Promise<string> {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  const folder = dirname(path)
  const names = await readdir(folder)
  for (const name of names) {
    const ended = name.endsWith(SCRATCH) && isLeft(name.slice(0, -SCRATCH.length), basename(path))
    if (ended) await rm(join(folder, name), { recursive: true, force: true })
  }
  for (const name of names.filter((one) => isLeft(one, basename(path)))) {
    const taken = await rename(join(folder, name), own).then(
      () => true,
      () => false,
    )
    if (taken) return own
  }
  return own
}

/** A folder for what a source needs on the way to a part. */
export function scratchFolder(part: string): string {
  return `${part}${SCRATCH}`
}

/** Throws away what ended pulls have left of a file, its wheels included: it is here now. */
export async function dropParts(path: string): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder)) {
    const owner = /\.(\d+)-[0-9a-f]{8}\.part$/.exec(name)?.[1]
    const left = owner === undefined || !isAlive(Number(owner))
    if (name.startsWith(`${basename(path)}.`) && name.endsWith('.part') && left)
      await rm(join(folder, name), { force: true })
  }
}

/** Leaves an unfinished download to the next pull. */
export async function leavePart(path: string, part: string): Promise<void> {
  await rename(part, `${path}.part`).catch(() => {})
}

/** Whether it is a part of that file which no living process writes. */
function isLeft(name: string, file: string): boolean {
  if (!name.startsWith(file) || !name.endsWith('.part')) return false
  const owner = /^\.(\d+)-[0-9a-f]{8}$/.exec(name.slice(file.length, -'.part'.length))?.[1]
  return name === `${file}.part` || (owner !== undefined && !isAlive(Number(owner)))
}
