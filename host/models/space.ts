import { statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { bytesOfPart } from './part.ts'

const MIB = 1024 * 1024

/** Room on a disk that a download may fill; given back when it is disposed of. */
export interface Room extends Disposable {
  /**
   * So many bytes are still to come, the first of them in the place of `replaced` ones that the disk gives back. Rejects with
   * `RIPPLE_DISK_SHORT` where that is more than before and does not fit.
   */
  cover(bytes: number, replaced?: number): Promise<void>
}

interface Promised {
  readonly what: string
  readonly dir: string
  bytes: number
}

/** What the downloads of this process have yet to write, in the order in which they began: no other may count on that room. */
const promised = new Set<Promised>()

/** What a folder's disk has to give, in bytes. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/**
 * What a disk has to give for the download of a file beyond what those of others have yet to write, in bytes: what is there of
 * that file already counts as its room.
 */
export async function roomForFile(path: string): Promise<number> {
  const [dir, what] = [dirname(path), basename(path)]
  const others = [...promised].filter((one) => one.dir === dir && one.what !== what)
  const taken = others.reduce((sum, { bytes }) => sum + bytes, 0)
  return Math.max(0, (await freeBytes(dir)) + (await bytesOfPart(path)) - taken)
}

/**
 * Keeps room for so many bytes of `what`, over what earlier downloads to that folder have yet to write. Rejects with
 * `RIPPLE_DISK_SHORT` where the disk would not have `model_disk_spare_bytes` left, which the daemon and everything else
 * on it need.
 */
export async function takeRoom(
  what: string,
  dir: string,
  bytes: number,
  free: (dir: string) => Promise<number> = freeBytes,
): Promise<Room> {
  const own: Promised = { what, dir, bytes: 0 }
  promised.add(own)
  const room: Room = {
    cover: async (next, replaced = 0) => {
      const before = own.bytes
      own.bytes = next
      if (next <= before) return
      const short = shortOf(what, own, (await free(dir)) + replaced)
      if (short === null) return
      own.bytes = before
      throw short
    },
    [Symbol.dispose]: () => void promised.delete(own),
  }
  try {
    await room.cover(bytes)
    return room
  } catch (thrown) {
    room[Symbol.dispose]()
    throw thrown
  }
}

/** Room for a file whose size nobody says is taken in steps. `now` are the bytes that are here. */
export function coverInSteps(room: Room): (now: number, replaced?: number) => Promise<void> {
  let until = 0
  return (now, replaced) => {
    if (now >= until) until = now + limits.unknown_size_step_bytes
    return room.cover(until - now, replaced)
  }
}

/** Of two that ask at a time the later one is refused: those before it are counted, and those after it are not. */
function shortOf(what: string, own: Promised, free: number): RippleError | null {
  const all = [...promised]
  const earlier = all.slice(0, all.indexOf(own)).filter(({ dir }) => dir === own.dir)
  const has = Math.max(0, free - earlier.reduce((sum, { bytes }) => sum + bytes, 0))
  const needs = own.bytes + limits.model_disk_spare_bytes
  if (has >= needs) return null
  const mib = (count: number): number => Math.ceil(count / MIB)
  const facts = { needs_mib: mib(needs), free_mib: Math.floor(has / MIB), short_mib: mib(needs - has) }
  return new RippleError('RIPPLE_DISK_SHORT', { what, path: own.dir, ...facts })
}
