import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isAlive } from '../supervise/is-alive.ts'
import { processStart } from '../supervise/process-start.ts'

/** Ending of a part's scratch folder. */
const SCRATCH = '.scratch'
/** Who writes a part: its process, when that began where that is known, and what tells its parts apart. */
const OWNER = /\.(\d+)-(?:(\d+)-)?[0-9a-f]{8}\.part$/

/** The parts that this process writes. One that bears its id and is not among them was left by an earlier process. */
const own = new Set<string>()

/**
 * The path of a download that is nobody else's: pulls of one model at a time, of one process or of several, must not
 * write to one file. What an ended pull has left is taken over, so that its bytes need not be fetched again: a rename
 * succeeds for one of those who try. It is given back by `leavePart`.
 */
export async function claimPart(path: string): Promise<string> {
  const start = processStart(process.pid)
  const mark = [process.pid, ...(start === null ? [] : [start]), randomBytes(4).toString('hex')].join('-')
  const part = `${path}.${mark}.part`
  own.add(part)
  const folder = dirname(path)
  const names = await readdir(folder)
  for (const name of names) {
    const ended =
      name.endsWith(SCRATCH) && isLeft(join(folder, name.slice(0, -SCRATCH.length)), basename(path))
    if (ended) await rm(join(folder, name), { recursive: true, force: true })
  }
  for (const name of names.filter((one) => isLeft(join(folder, one), basename(path)))) {
    const taken = await rename(join(folder, name), part).then(
      () => true,
      () => false,
    )
    if (taken) return part
  }
  return part
}

/** A folder for what a source needs on the way to a part. */
export function scratchFolder(part: string): string {
  return `${part}${SCRATCH}`
}

/** Throws away what ended pulls have left of a file, its wheels included: it is here now. */
export async function dropParts(path: string): Promise<void> {
  for (const part of await partsOf(path)) if (!isWritten(part)) await rm(part, { force: true })
}

/** Bytes of a file that are here before it is: a pull goes on with one part, so the largest counts, and its wheels do not. */
export async function bytesOfPart(path: string): Promise<number> {
  const parts = (await partsOf(path)).filter((part) => isPartOf(part, basename(path)))
  // One may be gone again before it is looked at.
  const found = await Promise.all(parts.map((part) => stat(part).catch(() => null)))
  return Math.max(0, ...found.map((one) => one?.size ?? 0))
}

async function partsOf(path: string): Promise<string[]> {
  const folder = dirname(path)
  const names = await readdir(folder)
  return names
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.part'))
    .map((name) => join(folder, name))
}

/** Ends the use of a part. What is there of it is left to the next pull. */
export async function leavePart(path: string, part: string): Promise<void> {
  await rename(part, `${path}.part`).catch(() => {})
  own.delete(part)
}

/** Whether it is a part of that file which no living process writes. */
function isLeft(file: string, of: string): boolean {
  return isPartOf(file, of) && !isWritten(file)
}

/** Whether it is a part of that file itself, and not of a wheel that the file is in. */
function isPartOf(file: string, of: string): boolean {
  const name = basename(file)
  return name === `${of}.part` || name.replace(OWNER, '') === of
}

function isWritten(file: string): boolean {
  const [, id, start] = OWNER.exec(basename(file)) ?? []
  if (id === undefined) return false
  const pid = Number(id)
  if (pid === process.pid) return own.has(file)
  if (!isAlive(pid)) return false
  const now = start === undefined ? null : processStart(pid)
  return now === null || now === start
}
