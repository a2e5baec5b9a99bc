import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Place of the lock that whoever writes holds in a database's `-shm` file (SQLite's wal.c, WAL_WRITE_LOCK). */
const WRITE_LOCK = '120 120'

/** How often it is looked whether somebody still writes, and how long lies between two looks, in milliseconds. */
const fiveSeconds = { count: 20, everyMs: 250 } as const

/**
 * Whether some database in a folder is being written to at each of some looks, which take five seconds. A conductor that is
 * busy writes often and for milliseconds; a transaction that nobody ends holds its lock for ever. Null where the system does
 * not tell who holds a lock: only Linux does, in /proc/locks. Rejects when the signal is aborted.
 */
export async function isWriteHeld(
  folder: string,
  signal: AbortSignal,
  looks: { readonly count: number; readonly everyMs: number } = fiveSeconds,
): Promise<boolean | null> {
  let held = await writeLocked(folder)
  for (let look = 1; look < looks.count && held !== null && held.size > 0; look++) {
    await sleep(looks.everyMs, undefined, { signal })
    const now = await writeLocked(folder)
    held = now && new Set([...held].filter((inode) => now.has(inode)))
  }
  return held && held.size > 0
}

/** Inodes of the `-shm` files whose write lock is held. */
async function writeLocked(folder: string): Promise<Set<string> | null> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => null)
  if (locks === null) return null
  const found = new Set<string>()
  for await (const name of glob('*-shm', { cwd: folder })) {
    const inode = await stat(join(folder, name)).then(
      ({ ino }) => ino,
      () => null,
    )
    if (inode !== null && locks.includes(`:${inode} ${WRITE_LOCK}`)) found.add(String(inode))
  }
  return found
}
