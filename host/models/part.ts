import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../limits.ts'
import { isAlive } from '../supervise/is-alive.ts'
import { processSpace } from '../supervise/process-space.ts'
import { processStart } from '../supervise/process-start.ts'

/** Ending of a part's scratch folder. */
const SCRATCH = '.scratch'
/**
 * Who writes a part: its process, when that began and among which processes it is, where that is known, and what tells its parts
 * apart.
 */
const OWNER = /\.(\d+)-(?:(\d+)-)?(?:(\d+)-)?[0-9a-f]{8}\.part$/

/** How often a part that may be written is looked at, in milliseconds. */
const LOOK_MS = 500

/** How a part or a folder goes, whatever is in it; it may have gone before. */
const WHOLLY = { recursive: true, force: true } as const

/** The parts that this process writes. One that bears its id and is not among them was left by an earlier process. */
const own = new Set<string>()

/**
 * The path of a download that is nobody else's: pulls of one model at a time, of one process or of several, must not
 * write to one file. The most that an ended pull has left is taken over, so that its bytes need not be fetched again: a rename
 * succeeds for one of those who try. It is given back by `leavePart`.
 */
export async function claimPart(path: string): Promise<string> {
  const known = [processStart(process.pid), processSpace()].filter((one) => one !== null)
  const mark = [process.pid, ...known, randomBytes(4).toString('hex')].join('-')
  const part = `${path}.${mark}.part`
  own.add(part)
  const all = await partsOf(path)
  for (const scratch of all.filter((one) => one.endsWith(SCRATCH)))
    if (await isLeft(scratch.slice(0, -SCRATCH.length), path)) await rm(scratch, WHOLLY)
  for (const { file } of await bySize(all)) {
    if (!(await isLeft(file, path))) continue
    const taken = await rename(file, part).then(
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

/** Throws away what ended pulls have left of a file, its wheels and scratch folders included: it is here now. */
export async function dropParts(path: string): Promise<void> {
  for (const one of await partsOf(path)) {
    const part = one.endsWith(SCRATCH) ? one.slice(0, -SCRATCH.length) : one
    if (!(await isWritten(part))) await rm(one, WHOLLY)
  }
}

/** Bytes of a file that are here before it is: a pull goes on with one part, so the largest counts, and its wheels do not. */
export async function bytesOfPart(path: string): Promise<number> {
  const parts = (await partsOf(path)).filter((part) => isPartOf(part, path))
  return (await bySize(parts))[0]?.bytes ?? 0
}

/** Ends the use of a part. What is there of it is left to the next pull, unless another one has left more. */
export async function leavePart(path: string, part: string): Promise<void> {
  const [most] = await bySize([part, `${path}.part`])
  if (most?.file === part) await rename(part, `${path}.part`).catch(() => {})
  else await rm(part, WHOLLY)
  own.delete(part)
}

/** The parts of a file, of its wheels, and their scratch folders. */
async function partsOf(path: string): Promise<string[]> {
  const folder = dirname(path)
  const names = await readdir(folder)
  return names
    .filter((name) => name.startsWith(`${basename(path)}.`) && /\.part(\.scratch)?$/.test(name))
    .map((name) => join(folder, name))
}

/** Those that are there, the largest first: one may be gone before it is looked at. Sizes in bytes. */
async function bySize(files: readonly string[]): Promise<Array<{ file: string; bytes: number }>> {
  const sized = await Promise.all(
    files.map(async (file) => ({ file, bytes: (await stat(file).catch(() => null))?.size ?? -1 })),
  )
  return sized.filter(({ bytes }) => bytes >= 0).sort((one, other) => other.bytes - one.bytes)
}

/** Whether it is a part of that file which no living process writes. */
async function isLeft(part: string, of: string): Promise<boolean> {
  return isPartOf(part, of) && !(await isWritten(part))
}

/** Whether it is a part of that file itself, and not of a wheel that the file is in. */
function isPartOf(part: string, of: string): boolean {
  const [name, whole] = [basename(part), basename(of)]
  return name === `${whole}.part` || name.replace(OWNER, '') === whole
}

async function isWritten(part: string): Promise<boolean> {
  if (own.has(part)) return true
  const [, id, start, space] = OWNER.exec(part) ?? []
  if (id === undefined) return false
  // Whether that process lives cannot be seen from here, as from another container: only that something is written.
  if (space !== undefined && space !== processSpace()) return isBeingWritten(part)
  const pid = Number(id)
  if (pid === process.pid || !isAlive(pid)) return false
  const now = start === undefined ? null : processStart(pid)
  return now === null || now === start
}

/** Watches a part until it changes, or has been silent for long enough. */
async function isBeingWritten(part: string): Promise<boolean> {
  for (let before: number | null = null; ; await sleep(LOOK_MS)) {
    const changed = (await stat(part).catch(() => null))?.mtimeMs ?? null
    if (changed === null || Date.now() - changed >= limits.model_part_silent_ms) return false
    if (before !== null && changed !== before) return true
    before = changed
  }
}
