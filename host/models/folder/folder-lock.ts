/** Locks a models folder, so that one download at a time writes to it. */
import { access, constants, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../../types/or-aborted.ts'

/** The file that is locked. */
const LOCK_FILE = '.pull.lock'
/** The file that names the holder of the lock in words. */
const HOLDER_FILE = '.pull'
/** SQLite's result code for a database that is locked elsewhere. */
const BUSY = 5
/** Milliseconds between two attempts of a waiting download. */
const TRY_MS = 250

/**
 * Takes the lock of a folder, which must exist. Returns null while another download holds it, in this process, in another or
 * in another container. The system frees the lock when its process dies.
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
 * Waits for the lock of a folder, and calls `onWait` with the current holder. Callers that wait for this one get `name`.
 * Rejects with the signal's reason, and with the file system's error where the folder is not writable.
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
      // These are only words: the download itself reports a full disk.
      await writeFile(holderFile, `the download of ${name} by process ${process.pid}`).catch(() => {})
      return lock
    }
    onWait(await readFile(holderFile, 'utf8').catch(() => 'another download'))
    await orAborted(sleep(TRY_MS), signal)
  }
}
