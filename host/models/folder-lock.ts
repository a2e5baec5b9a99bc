/** The lock of a models folder: one download at a time writes to it. */
import { access, constants, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../types/or-aborted.ts'

/** The file that is locked. */
const LOCK_FILE = '.pull.lock'
/** The file that says in words who holds the lock. */
const HOLDER_FILE = '.pull'
/** SQLite's result code for a database that somebody else holds. */
const BUSY = 5
/** How often a waiting download tries again, in milliseconds. */
const TRY_MS = 250

/**
 * Takes the lock of a folder, which must exist. Returns null while another download holds it, be it of this process or of
 * another, also in another container. The system frees the lock when its process dies.
 */
export function tryLock(dir: string): Disposable | null {
  const db = new DatabaseSync(join(dir, LOCK_FILE))
  try {
    db.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => db.close() }
  } catch (thrown) {
    db.close()
    if ((((thrown as { errcode?: number }).errcode ?? 0) & 0xff) === BUSY) return null
    throw thrown
  }
}

/**
 * Waits for the lock of a folder, and tells `onWait` for whom. Those who wait for this one are told `name`. Rejects with the
 * signal's reason, and with the file system's error where the folder cannot be written.
 */
export async function lockFolder(
  dir: string,
  name: string,
  onWait: (holder: string) => void,
  signal: AbortSignal,
): Promise<Disposable> {
  await access(dir, constants.W_OK)
  const holderFile = join(dir, HOLDER_FILE)
  for (;;) {
    signal.throwIfAborted()
    const lock = tryLock(dir)
    if (lock !== null) {
      // Only words: a full disk is for the download itself to tell.
      await writeFile(holderFile, `the download of ${name} by process ${process.pid}`).catch(() => {})
      return lock
    }
    onWait(await readFile(holderFile, 'utf8').catch(() => 'another download'))
    await orAborted(sleep(TRY_MS), signal)
  }
}
