import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encode } from '@msgpack/msgpack'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { decodeValue } from './memory.ts'
import type { Journal, JournalBucket, JournalValue } from './port.ts'

/** A journal on disk, and the lock of the data folder that it lies in. */
export interface SqliteJournal extends Journal, Disposable {}

/**
 * Opens the journal of one data folder. The exclusive lock is taken by a first write and held until it is disposed,
 * so a second daemon on the same folder gets `RIPPLE_DATA_IN_USE`; the kernel lets go of it when the process dies.
 * A rollback journal with `synchronous=FULL` syncs file and folder before a put resolves.
 */
export function openSqliteJournal(path: string): SqliteJournal {
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA;')
    db.exec(
      'CREATE TABLE IF NOT EXISTS journal (bucket TEXT, key TEXT, value BLOB, PRIMARY KEY (bucket, key)) STRICT',
    )
    db.exec('BEGIN EXCLUSIVE; PRAGMA user_version=1; COMMIT')
  } catch (thrown) {
    db.close()
    throw journalError(thrown, path)
  }
  return journalOf(db, path)
}

function journalOf(db: DatabaseSync, path: string): SqliteJournal {
  const put = db.prepare(
    'INSERT INTO journal VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const get = db.prepare('SELECT value FROM journal WHERE bucket = ? AND key = ?')
  const remove = db.prepare('DELETE FROM journal WHERE bucket = ? AND key = ?')
  const list = db.prepare('SELECT key, value FROM journal WHERE bucket = ? ORDER BY key')
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      throw journalError(thrown, path)
    }
  }
  return {
    put: async (bucket: JournalBucket, key: string, value: JournalValue) => {
      guarded(() => put.run(bucket, key, encode(value)))
    },
    get: async (bucket: JournalBucket, key: string) => {
      const row = guarded(() => get.get(bucket, key))
      return row ? valueIn(row) : null
    },
    delete: async (bucket: JournalBucket, key: string) => {
      guarded(() => remove.run(bucket, key))
    },
    entries: async (bucket: JournalBucket) =>
      guarded(() => list.all(bucket).map((row) => [String(row.key), valueIn(row)])),
    [Symbol.dispose]: () => db.close(),
  }
}

function valueIn(row: Record<string, unknown>): JournalValue {
  return row.value instanceof Uint8Array ? decodeValue(row.value) : null
}

/** SQLite's result codes that mean something to a person. */
const sqliteCodes = { busy: 5, full: 13, notADatabase: 26, corrupt: 11 } as const

function journalError(thrown: unknown, path: string): RippleError {
  const code = (thrown as { errcode?: number }).errcode ?? 0
  if ((code & 0xff) === sqliteCodes.busy)
    return new RippleError('RIPPLE_DATA_IN_USE', { data: dirname(path) }, { cause: thrown })
  if ((code & 0xff) === sqliteCodes.full)
    return new RippleError('RIPPLE_DISK_FULL', { path }, { cause: thrown })
  if ((code & 0xff) === sqliteCodes.notADatabase || (code & 0xff) === sqliteCodes.corrupt) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown)
    return new RippleError('RIPPLE_JOURNAL_CORRUPT', { file: path, detail }, { cause: thrown })
  }
  return toRippleError(thrown)
}
