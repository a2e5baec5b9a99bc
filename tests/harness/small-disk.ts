import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A disk of its own that can be filled. */
export interface SmallDisk extends Disposable {
  /** The folder at which it is mounted. */
  readonly folder: string
  /** Takes all room that is left, to the last block. */
  fill(): void
  /** Gives it back. */
  free(): void
}

/** Why no disk can be mounted here, or null when one can: it takes Linux and root. */
export function diskProblem(): string | null {
  if (process.platform !== 'linux') return 'mounting a disk in memory is a Linux thing'
  return process.getuid?.() === 0 ? null : 'mounting a disk takes root'
}

/** Mounts one of so many MiB at `folder`; disposing unmounts it. */
export function smallDisk(folder: string, mib: number): SmallDisk {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => {
      for (let room = roomOf(folder); room > 0; room = roomOf(folder)) {
        try {
          writeFileSync(filler, Buffer.alloc(Math.min(room, 2 ** 24)), { flag: 'a' })
        } catch (thrown) {
          // Another program may take the last of the room: the disk is full all the same.
          if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    // Lazily: a log that was written there may still be open.
    [Symbol.dispose]: () => execFileSync('umount', ['--lazy', folder]),
  }
}

function roomOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
